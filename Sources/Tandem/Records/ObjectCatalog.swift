/// The objects that a tenant has.
public struct ObjectCatalog: Sendable {
    public let objects: [ObjectDescription]
    private let byName: [String: ObjectDescription]
    private let byPlural: [String: ObjectDescription]

    public init(_ objects: [ObjectDescription]) {
        self.objects = objects
        byName = Dictionary(objects.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        byPlural = Dictionary(objects.map { ($0.plural, $0) }, uniquingKeysWith: { $1 })
    }

    /// The product's own objects.
    public static let standard = ObjectCatalog([
        .account, .contact, .lead, .form, .opportunity, .pipeline, .stage, .product, .activity, .ticket, .comment,
        .view, .user, .team,
    ])

    /// By singular name.
    public func object(_ name: String) -> ObjectDescription? { byName[name] }

    /// By the name in paths.
    public func object(plural: String) -> ObjectDescription? { byPlural[plural] }
}
