"""What a teacher or an assistant may not change, though they read it: who is in a group, whom not to ring, what was decided, the school's own actions."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import kinds
import school
import wire


class Rights(school.Case):
    def setUp(self):
        self.senco, self.teacher, self.ta = self.client("senco"), self.client("teacher"), self.client("ta")
        self.today = self.senco.hello.today
        self.child = self.teacher.all(kinds.find("Pupil"))[0][0]

    def denied(self, reply):
        self.refused(wire.pb.DENIED, reply)

    def test_who_is_in_a_group_is_for_the_leads(self):
        member, provision = kinds.find("ProvisionMember"), kinds.find("Provision")
        type = self.senco.add(kinds.find("ProvisionType"), name="Led by a teacher")
        group = self.senco.add(provision, type=type, name="G", starts=self.today - 60, leader=self.teacher.login.staff)
        id = self.senco.add(member, provision=group, pupil=self.child, starts=self.today - 50, ends=self.today, entry_score=1)
        self.denied(self.teacher.edit(member, id, 1, check=False, ends=self.today + 900))
        self.denied(self.teacher.put(wire.item(member, id, 1, cleared=["ends"]), check=False))
        self.denied(self.teacher.add(member, check=False, provision=group, pupil=self.child, starts=self.today + 1))
        self.denied(self.teacher.edit(provision, group, 1, check=False, name="H"))
        self.teacher.edit(member, id, 1, exit_score=20, exit_day=self.today, exit_reason="DONE")
        self.assertEqual(self.teacher.read(member, id)[0].ends, self.today)

    def test_contacts_are_the_leads(self):
        contact = kinds.find("Contact")
        id = self.senco.add(contact, pupil=self.child, name="Somebody", do_not_disclose=True)
        self.assertTrue(self.teacher.read(contact, id)[0].do_not_disclose)
        self.denied(self.teacher.put(wire.item(contact, id, 1, cleared=["do_not_disclose"]), check=False))
        self.denied(self.teacher.add(contact, check=False, pupil=self.child, name="Another"))

    def test_a_teacher_raises_and_a_lead_decides(self):
        concern = kinds.find("Concern")
        id = self.teacher.add(concern, pupil=self.child, raised=self.today - 5, concern="Slow to settle")
        self.denied(self.teacher.edit(concern, id, 1, check=False, outcome="NONE", decided=self.today))
        self.senco.edit(concern, id, 1, outcome="MONITOR", decided=self.today)
        self.denied(self.teacher.edit(concern, id, 2, check=False, outcome="NONE"))
        self.assertEqual(self.teacher.read(concern, id)[0].outcome, "MONITOR")

    def test_the_schools_actions_are_the_leads(self):
        action = kinds.find("Action")
        id = self.senco.add(action, what="Speak to a colleague")
        for client in (self.teacher, self.ta):
            self.assertEqual(client.get(action, id, check=False).outcome, wire.pb.NOT_FOUND)
            self.denied(client.add(action, check=False, what="Another"))
        self.assertEqual(self.teacher.add(action, check=False, pupil=self.child, what="Of a pupil").outcome, wire.pb.OK)

    def test_eal_is_read_and_not_written(self):
        pupil = kinds.find("Pupil")
        message, version = self.senco.read(pupil, self.child)
        self.senco.edit(pupil, self.child, version, eal=not message.eal)
        got, version = self.teacher.read(pupil, self.child)
        self.assertEqual(got.eal, not message.eal)
        self.denied(self.teacher.edit(pupil, self.child, version, check=False, eal=message.eal))


if __name__ == "__main__":
    school.main()
