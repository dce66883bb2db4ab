"""What has happened since somebody last looked, worked out again from the histories of records (server/reports/changes.c)."""
import itertools

from compare import Section


def runs_of(history):
    """Changes of one record by one author that nobody else's change parts."""
    id, entries = history["id"], history["entries"]
    for who, run in itertools.groupby(entries, key=lambda e: e["who"]):
        yield id, who, list(run)


def what(run):
    actions = [e["action"] for e in run]
    if actions[-1] == "remove":
        return "added and removed" if "add" in actions else "removed"
    return "added" if "add" in actions else "restored" if "restore" in actions else "edited"


def changes(histories, since, upto, limit=200):
    """histories: the parsed JSON of `sendco KIND history ID --json` of every record changed; since, upto: numbers of changes."""
    rows = []
    for history in histories:
        told = dict(history, entries=[e for e in history["entries"] if since < e["seq"] <= upto])
        for id, who, run in runs_of(told):
            rows.append((run[0]["seq"], run[-1]["seq"], {"id": id, "who": who, "what": what(run), "times": len(run), "when": run[-1]["at"]}))
    rows.sort(key=lambda row: row[0])
    if len(rows) > limit:                   # a page: up to the last change before the first run that is not on it
        told = [e["seq"] for history in histories for e in history["entries"] if since < e["seq"] < rows[limit][0]]
        return changes(histories, since, max(told), limit)
    return [Section("changes", [row for _, _, row in rows], key=("id", "who", "what", "times")), Section("upto", [{"seq": upto}], key="seq")]
