import Synchronization

/// How the records of an object are selected and written: made of its description, and the same for each record.
struct RecordShape: Sendable {
    let selection: RecordSelection
    let encoder: RecordEncoder

    init(_ selection: RecordSelection, catalog: ObjectCatalog) {
        self.selection = selection
        encoder = RecordEncoder(selection, catalog: catalog)
    }
}

/// The shapes of a catalog's objects with all that they have, each made when it is first asked for.
final class RecordShapes: Sendable {
    private let made = Mutex<[String: RecordShape]>([:])

    func shape(of name: String, _ make: () -> RecordShape) -> RecordShape {
        if let known = made.withLock({ $0[name] }) { return known }
        let shape = make()
        made.withLock { $0[name] = shape }
        return shape
    }
}
