// Names from many traditions, for the demo. All invented combinations; none is a
// real child. Constant data, any thread.
#include "server/demo_world.h"

struct tradition {
    unsigned weight;
    const char *girls[13], *boys[13], *surnames[17]; // NULL ends each
};

static const struct tradition traditions[] = {
    {30,
     {"Amelia", "Isla", "Poppy", "Ruby", "Florence", "Elsie", "Martha", "Beatrix", "Rosie", "Harriet", "Nell", "Willow"},
     {"Alfie", "Archie", "Oscar", "Henry", "Stanley", "Rowan", "Toby", "Wilfred", "Felix", "Edmund", "Jude", "Sonny"},
     {"Ashdown", "Bramley", "Carter-Dale", "Dunmore", "Elmhurst", "Fairweather", "Garside", "Hollins", "Kettle", "Larkin", "Marlow",
      "Oakes", "Pemberton", "Quill", "St. John", "Thorne"}},
    {8,
     {"Ffion", "Cerys", "Efa", "Mabli", "Gwenllian", "Siân", "Non", "Lleucu"},
     {"Rhys", "Gethin", "Ifan", "Osian", "Macsen", "Iolo", "Llŷr", "Gwilym"},
     {"ap Gwynfor", "Llewellyn", "Cadwaladr", "Bevan", "Prydderch", "Tudor-Rees", "Maelor", "Gruffydd"}},
    {7,
     {"Aoife", "Caoimhe", "Niamh", "Róisín", "Saoirse", "Gráinne", "Sadhbh"},
     {"Oisín", "Cillian", "Fionn", "Diarmuid", "Seán", "Eoghan", "Tadhg"},
     {"O'Brannagh", "O’Dálaigh", "Mac Giolla", "Ní Shúilleabháin", "Kilbride", "O'Hanrahan", "McCusker"}},
    {10,
     {"Zuzanna", "Łucja", "Hanna", "Małgorzata", "Oliwia", "Żaneta", "Wiktoria"},
     {"Jakub", "Mateusz", "Szymon", "Stanisław", "Wojciech", "Kacper", "Błażej"},
     {"Szczepańska", "Wójtowicz", "Kołodziej", "Zięba", "Brzęczyszczyk", "Dąbek", "Świątek", "Gołąb"}},
    {8,
     {"Adérónkẹ́", "Ìbùkún", "Temiloluwa", "Chiamaka", "Ngozi", "Ọlá", "Fọláṣadé"},
     {"Olúwaṣeun", "Ayọ̀délé", "Chidera", "Emeka", "Kwame", "Babátúndé", "Tobi"},
     {"Adébáyọ̀", "Ògúnbíyí", "Akíntólá", "Nwosu-Eze", "Boateng", "Ọlátúnjí", "Mensah-Addo"}},
    {6,
     {"Linh", "Thảo", "Ngọc", "Hà", "Tuyết", "Phương"},
     {"Minh", "Đức", "Quốc", "Huy", "Tuấn", "Dũng"},
     {"Nguyễn", "Trần", "Phạm", "Đặng", "Vũ", "Huỳnh", "Lê"}},
    {9,
     {"Maryam", "Layla", "Noor", "Hafsa", "Yusra", "Ruqayyah", "Zahra"},
     {"Yusuf", "Ibrahim", "Hamza", "Idris", "Bilal", "Zayd", "Taha"},
     {"al-Hashimi", "Bin Saeed", "El-Masry", "Haddad", "Qureshi-Khan", "Abdul Rahman", "Mansoor", "Zaman"}},
    {6,
     {"Xin Yi", "Mei", "Jia", "Lan", "Yùqíng"},
     {"Wei", "Jun", "Hao", "Zixuan", "Lì"},
     {"Li", "Ouyang", "Zhang", "Wu", "Lǚ", "Xu", "Situ"}},
    {6,
     {"Elif", "Aslı", "Şeyma", "Gülşen", "İpek", "Çiçek"},
     {"Emir", "Kıvanç", "Özgür", "Barış", "İsmail", "Tuğrul"},
     {"Yıldırım", "Çelik", "Öztürk", "Işık", "Güneş", "Şahinoğlu", "Ağaoğlu"}},
    {7,
     {"Ananya", "Simran", "Diya", "Ishika", "Kavya", "Harleen"},
     {"Arjun", "Rohan", "Gurdit", "Vihaan", "Ayaan", "Manveer"},
     {"Sandhu-Gill", "Chaudhary", "Rao", "Venkataraman", "Bhattacharya", "Dhaliwal", "Pillai"}},
    {5,
     {"Beatriz", "Inês", "Conceição", "Lucía", "Iñaki-Ane"},
     {"João", "Tomás", "Gonçalo", "Íñigo", "Matías"},
     {"da Conceição", "García-Peña", "Muñoz", "de la Cruz", "Araújo", "Ibáñez", "dos Santos Brandão"}},
    {4,
     {"Ioana", "Oksana", "Ștefania", "Björk", "Søs", "Þórdís"},
     {"Ștefan", "Andrii", "Bjørn", "Åke", "Mykola", "Ægir"},
     {"Țepeluș", "Kovalenko", "Ångström", "Østergård", "Shevchuk", "Jónsdóttir"}},
};

// One name and no other: it is the surname here.
static const char *const single_names[] = {"Suryani", "Budiarto", "Tenzin", "Wangmo", "Kanagasabai", NULL};
// Names as the family writes them.
static const char *const own_scripts[] = {"محمد", "小明", "Олена", "ਗੁਰਪ੍ਰੀਤ", "Ελένη", "さくら", NULL};
static const char *const short_names[] = {"Bobby", "Mimi", "Kit", "Zee", "Tilly", "Jay", "Coco", "Max", NULL};

const char *demo_word(struct demo_random *random, const char *const *words)
{
    size_t n = 0;
    while (words[n])
        n++;
    return words[demo_below(random, n)];
}

static const struct tradition *pick_tradition(struct demo_random *random)
{
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof traditions / sizeof traditions[0]; i++)
        sum += traditions[i].weight;
    size_t at = demo_below(random, sum);
    for (size_t i = 0;; i++) {
        if (at < traditions[i].weight)
            return &traditions[i];
        at -= traditions[i].weight;
    }
}

struct demo_name demo_name(struct demo_random *random)
{
    const struct tradition *tradition = pick_tradition(random);
    struct demo_name name = {.female = demo_chance(random, 49), .tradition = (int)(tradition - traditions)};
    name.forename = demo_word(random, name.female ? tradition->girls : tradition->boys);
    // Some families join two traditions.
    name.surname = demo_word(random, demo_chance(random, 12) ? pick_tradition(random)->surnames : tradition->surnames);
    if (demo_chance(random, 2)) {
        name.surname = demo_word(random, single_names);
        name.forename = NULL;
    }
    if (demo_chance(random, 4))
        name.known_as = demo_word(random, own_scripts);
    else if (demo_chance(random, 12))
        name.known_as = demo_word(random, short_names);
    return name;
}

const char *demo_forename(struct demo_random *random, int tradition, bool female)
{
    return demo_word(random, female ? traditions[tradition].girls : traditions[tradition].boys);
}

const char *demo_language(int tradition)
{
    static const char *const languages[sizeof traditions / sizeof traditions[0]] = {
        NULL, "Welsh", "Irish", "Polish", "Yoruba", "Vietnamese", "Arabic", "Mandarin", "Turkish", "Punjabi", "Portuguese", "Ukrainian"};
    return languages[tradition];
}
