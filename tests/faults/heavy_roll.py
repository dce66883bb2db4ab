"""A roll as an MIS exports it, of any size: pupils with a class, a SEN status and needs, many names alike and none twice."""
import datetime
import random

HEADINGS = ("UPN,Legal Surname,Legal Forename,Chosen Name,DOB,Gender,Year,Reg,Date of Admission,SEN Status,SEN Need (1),SEN Need (2),"
            "SEN Unit Indicator,Resourced Provision Indicator,Pupil Premium Indicator,Eligible for FSM,EAL,In LEA Care")
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
SURNAMES = ["Ashdown", "Nguyễn", "O’Brien", "Kołodziej", "Fairweather", "Yılmaz", "Smith", "ap Gwynfor", "Ògúnbíyí", "Patel", "Jones", "Khan"]
FORENAMES = ["Saoirse", "Temiloluwa", "Tadhg", "Ruby", "Elif", "Jude", "Mateusz", "Aisha", "Noor", "Leo", "Oluwadamilola", "Grace"]
NEEDS = ["SLCN", "ASD", "SPLD", "MLD", "SEMH", "HI", "PD"]
CLASS = 30


def upn(number):
    digits = "8399%08d" % number
    return LETTERS[sum((i + 2) * int(d) for i, d in enumerate(digits)) % len(LETTERS)] + digits


def row(i, r, today):
    year = i % 6 + 1
    first = datetime.date(today.year - (today.month < 9), 9, 1)      # of this school year
    born = first.replace(year=first.year - year - 5) + datetime.timedelta(r.randrange(365))
    status = r.choice("NNNNKKE")
    needs = ["", ""] if status == "N" else [r.choice(NEEDS), ""]
    if needs[0] and r.random() < 0.5:
        needs[1] = r.choice([n for n in NEEDS if n != needs[0]])
    forename = r.choice(FORENAMES) + (" Marie" if i % 3 == 0 else "")
    surname = "%s-%s" % (r.choice(SURNAMES), r.choice(SURNAMES))
    flag = lambda share: "T" if r.random() < share else "F"
    return [upn(i), surname, forename, forename, born.strftime("%d/%m/%Y"), r.choice("MF"), "Year %d" % year, "%dX%d" % (year, i // (6 * CLASS)),
            (first + datetime.timedelta(2)).strftime("%d/%m/%Y"), status, *needs, flag(.01), flag(.05), flag(.3), flag(.2), flag(.2), flag(.01)]


def write(path, n, today, seed=5):
    r = random.Random(seed)
    with open(path, "w", encoding="utf-8") as f:
        f.write(HEADINGS + "\n")
        for i in range(n):
            f.write(",".join(row(i, r, today)) + "\n")
    return path
