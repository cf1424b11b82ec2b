extension ObjectDescription {
    /// What a customer asks for or reports.
    public static let ticket = ObjectDescription(
        name: "ticket", plural: "tickets", prefix: .ticket, module: .crm,
        summary: "What a customer asks for or reports, until it is solved.",
        fields: [
            ObjectField(
                "subject", .text(maximum: 1000), isRequired: true, isPersonal: true, isSearchable: true,
                summary: "What about."),
            ObjectField("body", .longText, isPersonal: true, summary: "What the customer wrote."),
            ObjectField(
                "status", .select(["open", "pending", "solved", "closed"]),
                summary: "open unless given; pending waits for the customer."),
            ObjectField("priority", .select(["low", "normal", "high", "urgent"]), summary: "normal unless given."),
            ObjectField("channel", .text(maximum: 63), summary: "How it came: email, phone, chat, web."),
            ObjectField("account_id", .link(.account), summary: "Whose it is."),
            ObjectField("contact_id", .link(.contact), summary: "Who asked."),
            ObjectField(
                "first_response_due_at", .timestamp, isReadOnly: true, summary: "Until when the first answer is due."),
            ObjectField(
                "next_response_due_at", .timestamp, isReadOnly: true, summary: "Until when the next answer is due."),
            ObjectField("resolution_due_at", .timestamp, isReadOnly: true, summary: "Until when it is to be solved."),
            ObjectField(
                "solved_at", .timestamp, isReadOnly: true,
                summary: "When it was solved or closed; opening it again empties it."),
        ],
        title: "subject")
}
