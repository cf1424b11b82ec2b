extension ObjectDescription {
    /// Something that was done or is to be done: a call, a mail, a meeting, a note, a task.
    public static let activity = ObjectDescription(
        name: "activity", plural: "activities", prefix: .activity, module: .crm,
        summary:
            "Something that was done or is to be done: call, email, sms, meeting, note, task, form, system or a word "
            + "of the tenant's own.",
        fields: [
            ObjectField("type", .text(maximum: 63), isRequired: true, summary: "What kind."),
            ObjectField("direction", .select(["in", "out"]), summary: "Who began."),
            ObjectField("status", .select(["planned", "done", "cancelled", "failed"]), summary: "done unless given."),
            ObjectField("subject", .text(maximum: 1000), isPersonal: true, isSearchable: true, summary: "What about."),
            ObjectField("body", .longText, isPersonal: true, summary: "What was said."),
            ObjectField("started_at", .timestamp, summary: "When it began."),
            ObjectField("ended_at", .timestamp, summary: "When it ended."),
            ObjectField("due_at", .timestamp, summary: "Until when, to the minute."),
            ObjectField("due_date", .date, summary: "Until when, to the day."),
            ObjectField("duration_s", .integer(0...Int(Int32.max)), summary: "Seconds."),
            ObjectField("outcome", .text(maximum: 255), summary: "What came of it."),
            ObjectField("priority", .select(["low", "normal", "high"]), summary: "How urgent."),
            ObjectField(
                "source", .select(["manual", "sync", "api", "sequence", "rule"]), summary: "How it came here."),
            ObjectField("thread_id", .text(maximum: 512), summary: "The conversation it is part of."),
            ObjectField("recording_url", .url, summary: "Where it can be heard."),
            ObjectField(
                "recurrence", .text(maximum: 500),
                summary: "When it comes again: a rule of RFC 5545 with FREQ, INTERVAL, BYDAY, BYMONTHDAY, COUNT, UNTIL."
            ),
            ObjectField(
                "recurs_when", .select(["done", "due"]),
                summary: "Whether the next one is made when this is done (unless given) or at its time."),
        ],
        children: [
            ObjectChild(
                "links", table: "activity_links", parent: "activity_id", order: ["object", "record_id"],
                fields: [
                    ObjectField(
                        "object", .select(["account", "contact", "lead", "opportunity", "ticket"]), isRequired: true,
                        summary: "Of what kind; told from the id's prefix where it has one."),
                    ObjectField("record_id", .record(object: "object"), isRequired: true, summary: "The record."),
                    ObjectField("role", .text(maximum: 255), summary: "What it is in this."),
                ],
                aliases: ["id": "record_id"], summary: "What it is about."),
            ObjectChild(
                "reminders", table: "activity_reminders", parent: "activity_id", order: ["minutes", "channel"],
                fields: [
                    ObjectField(
                        "minutes", .integer(0...525_600), isRequired: true,
                        summary: "How long before it is due; of what is due on a day, before nine o'clock of that day."),
                    ObjectField("channel", .select(["console"]), summary: "Where; console unless given."),
                ],
                summary: "When to remind of it."),
        ],
        title: "subject")
}
