extension ObjectDescription {
    /// An organisation; a Segment group.
    public static let account = ObjectDescription(
        name: "account", plural: "accounts", prefix: .account, module: nil,
        summary: "An organisation that is, was or may become a customer; a Segment group.",
        fields: [
            ObjectField(
                "name", .text(maximum: 512), isRequired: true, isSearchable: true, companion: .companyKey,
                summary: "Its name."),
            ObjectField("domain", .domain, isSearchable: true, summary: "The host of its site and addresses."),
            ObjectField("website", .url, summary: "Its site."),
            ObjectField("industry", .text(maximum: 255), summary: "Its line of business."),
            ObjectField("employee_count", .integer(0...Int(Int32.max)), summary: "How many work there."),
            ObjectField("annual_revenue", .money(currency: "currency"), summary: "What it earns a year."),
            ObjectField("currency", .currency, summary: "Of its money fields."),
            ObjectField("parent_id", .link(.account), summary: "The account it belongs to."),
            ObjectField("phone", .phone, companion: .phoneE164, summary: "Its switchboard."),
            ObjectField("description", .longText, summary: "What there is to say."),
            ObjectField(
                "lifecycle", .select(["prospect", "customer", "former", "partner"]), summary: "Where it stands."),
            ObjectField("group_id", .text(maximum: 2000), summary: "The group of events that it stands for; unique."),
        ] + ObjectField.address(isPersonal: false),
        keys: ["domain", "group_id", "name"], isRanked: true)
}
