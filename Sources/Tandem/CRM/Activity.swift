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
                aliases: ["id": "record_id"], summary: "What it is about.")
        ],
        title: "subject")
}
