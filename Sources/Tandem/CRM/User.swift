extension ObjectDescription {
    /// A colleague: owner of records.
    public static let user = ObjectDescription(
        name: "user", plural: "users", prefix: .user, module: nil, summary: "A colleague, who may own records.",
        fields: [
            ObjectField(
                "name", .text(maximum: 255), isRequired: true, isPersonal: true, isSearchable: true, summary: "Name."),
            ObjectField("email", .email, isPersonal: true, isSearchable: true, summary: "Address; unique."),
            ObjectField("team_id", .link(.team), summary: "Where they belong."),
            ObjectField("manager_id", .link(.user), summary: "To whom they report."),
            ObjectField("role_ids", .links(.role), summary: "Their roles: what any of them allows is allowed."),
            ObjectField("time_zone", .text(maximum: 64), summary: "An IANA name."),
            ObjectField("active", .bool, summary: "Whether they work here now."),
        ],
        keys: ["email", "name"])

    /// A group of colleagues.
    public static let team = ObjectDescription(
        name: "team", plural: "teams", prefix: .team, module: nil, summary: "A group of colleagues.",
        fields: [
            ObjectField("name", .text(maximum: 255), isRequired: true, isSearchable: true, summary: "Its name."),
            ObjectField("parent_id", .link(.team), summary: "The team it is part of."),
        ],
        keys: ["name"])
}
