extension ObjectDescription {
    /// A person whom the tenant knows.
    public static let contact = ObjectDescription(
        name: "contact", plural: "contacts", prefix: .contact, module: .crm,
        summary: "A person at one or more accounts, bound to one profile.",
        fields: [
            ObjectField("first_name", .text(maximum: 512), isPersonal: true, summary: "Given name."),
            ObjectField("last_name", .text(maximum: 512), isPersonal: true, summary: "Family name."),
            ObjectField(
                "name", .text(maximum: 1100), isReadOnly: true, isPersonal: true, isSearchable: true,
                derivedFrom: ["first_name", "last_name"], summary: "Both names; derived."),
            ObjectField("title", .text(maximum: 512), isPersonal: true, summary: "Position."),
            ObjectField(
                "email", .email, isPersonal: true, isSearchable: true, companion: .emailNorm,
                summary: "The primary address."),
            ObjectField("phone", .phone, isPersonal: true, companion: .phoneE164, summary: "The primary number."),
            ObjectField("profile_id", .link(.profile), isReadOnly: true, summary: "The person's live profile."),
            ObjectField("do_not_contact", .bool, summary: "Nobody may write or call."),
            ObjectField("language", .text(maximum: 64), summary: "A BCP 47 tag."),
            ObjectField("time_zone", .text(maximum: 64), summary: "An IANA name."),
        ] + ObjectField.address(isPersonal: true),
        children: [channels, accounts], keys: ["email"], isPerson: true, isRanked: true)

    private static let channels = ObjectChild(
        "channels", table: "contact_channels", parent: "contact_id", order: ["kind", "value"],
        fields: [
            ObjectField(
                "kind", .select(["email", "phone", "mobile", "url"]), isRequired: true, summary: "What it is."),
            ObjectField(
                "value", .text(maximum: 512), isRequired: true, isPersonal: true, summary: "Address or number."),
            ObjectField("label", .text(maximum: 64), summary: "What the tenant calls it."),
            ObjectField("primary", .bool, summary: "The one of its kind that is used first."),
            ObjectField("opted_out", .bool, summary: "Its owner does not want to hear from here."),
            ObjectField("invalid", .bool, summary: "It does not reach anybody."),
        ],
        derivedFrom: ["email", "phone"], summary: "Ways to reach the person.")

    private static let accounts = ObjectChild(
        "accounts", table: "account_contacts", parent: "contact_id", order: ["account_id", "role"],
        fields: [
            ObjectField("account_id", .link(.account), isRequired: true, summary: "The account."),
            ObjectField("role", .text(maximum: 255), summary: "What the person is there."),
            ObjectField("from", .date, summary: "Since when."),
            ObjectField("to", .date, summary: "The day it ended."),
            ObjectField("primary", .bool, summary: "The account that the person stands for."),
        ],
        aliases: ["id": "account_id"], summary: "Where the person works.")
}
