/// The objects that a tenant has: the product's own with the tenant's fields (see ``CatalogDirectory``), or `standard` where no tenant is
/// known.
public struct ObjectCatalog: Sendable {
    public let objects: [ObjectDescription]
    private let byName: [String: ObjectDescription]
    private let byPlural: [String: ObjectDescription]
    /// Objects beside the list, whose records come by ways of their own, as a caller with limits sees them.
    private let beside: [String: ObjectDescription]
    private var shapes: RecordShapes?

    /// - Parameter beside: what `subscript` answers for objects that are not listed; any other is answered as it was given.
    public init(_ objects: [ObjectDescription], beside: [ObjectDescription] = []) {
        self.objects = objects
        self.beside = Dictionary(beside.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        byName = Dictionary(objects.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        byPlural = Dictionary(objects.map { ($0.plural, $0) }, uniquingKeysWith: { $1 })
        shapes = RecordShapes()
    }

    /// The product's own objects.
    public static let standard = ObjectCatalog([
        .account, .contact, .lead, .form, .opportunity, .pipeline, .stage, .product, .activity, .ticket, .comment,
        .view, .user, .team,
    ])

    /// The same objects with the tenant's own fields; what is hidden is left out.
    func with(_ fields: [CustomField]) -> ObjectCatalog {
        let byObject = Dictionary(grouping: fields.filter { !$0.isHidden }, by: \.object)
        return ObjectCatalog(
            objects.map { object in
                object.with((byObject[object.name] ?? []).compactMap { $0.field(in: self) })
            })
    }

    /// The object as this catalog has it.
    public subscript(_ object: ObjectDescription) -> ObjectDescription {
        byName[object.name] ?? beside[object.name] ?? object
    }

    /// What shows the object's records whole.
    func shape(of object: ObjectDescription) -> RecordShape {
        // A shape has the catalog, so it may not have itself.
        var plain = self
        plain.shapes = nil
        let make = { RecordShape(RecordSelection(object), catalog: plain) }
        guard let shapes, byName[object.name] == object else { return make() }
        return shapes.shape(of: object.name, make)
    }

    /// By singular name.
    public func object(_ name: String) -> ObjectDescription? { byName[name] }

    /// By the name in paths.
    public func object(plural: String) -> ObjectDescription? { byPlural[plural] }
}
