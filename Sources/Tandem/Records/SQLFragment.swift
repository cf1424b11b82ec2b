import Postgres

/// SQL that is put together from static text, bound values, and identifiers of a description: the only way in which
/// Tandem composes SQL. Text from outside can only become a bind.
struct SQLFragment: Sendable, ExpressibleByStringInterpolation {
    fileprivate enum Part: Sendable {
        case text(String)
        case bind(Bind)
    }

    private var parts: [Part] = []

    init() {}

    init(stringLiteral value: StaticString) { parts = [.text(value.description)] }

    init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var parts: [Part] = []

        init(literalCapacity: Int, interpolationCount: Int) {
            parts.reserveCapacity(2 * interpolationCount + 1)
        }

        mutating func appendLiteral(_ literal: StaticString) { parts.append(.text(literal.description)) }

        mutating func appendInterpolation(bind: Bind) { parts.append(.bind(bind)) }

        mutating func appendInterpolation(_ identifier: SQLIdentifier) { parts.append(.text(identifier.quoted)) }

        mutating func appendInterpolation(_ fragment: SQLFragment) { parts.append(contentsOf: fragment.parts) }

        /// The records of an object that the caller may read, to stand behind `from` with a name.
        mutating func appendInterpolation(rows description: ObjectDescription) {
            append(rows: .table(of: description), description.condition)
        }

        /// The records that a link leads to, as far as the caller may read them.
        mutating func appendInterpolation(rows target: LinkTarget) {
            append(rows: .table(of: target), target.condition)
        }

        private mutating func append(rows table: SQLIdentifier, _ condition: RecordCondition?) {
            guard let condition else { return parts.append(.text(table.quoted)) }
            parts.append(.text("(select t.* from \(table.quoted) t where \(condition.sql))"))
        }
    }

    /// Columns of a table named `t`.
    static func columns(_ names: [SQLIdentifier]) -> SQLFragment {
        var text = ""
        for name in names { text += text.isEmpty ? "t." + name.quoted : ", t." + name.quoted }
        var result = SQLFragment()
        result.parts = [.text(text)]
        return result
    }

    static func + (left: SQLFragment, right: SQLFragment) -> SQLFragment {
        var result = left
        result.parts.append(contentsOf: right.parts)
        return result
    }

    /// The fragments with `separator` between them.
    static func joined(_ fragments: [SQLFragment], by separator: StaticString) -> SQLFragment {
        var result = SQLFragment()
        for (index, fragment) in fragments.enumerated() {
            if index > 0 { result.parts.append(.text(separator.description)) }
            result.parts.append(contentsOf: fragment.parts)
        }
        return result
    }

    /// The statement, its binds numbered in order.
    var statement: Statement {
        var sql = ""
        var binds: [Bind] = []
        for part in parts {
            switch part {
            case .text(let text): sql += text
            case .bind(let bind):
                binds.append(bind)
                sql += "$\(binds.count)"
            }
        }
        return Statement(unchecked: sql, binds)
    }
}

/// Which rows of a table named `t` the caller may read: what the procedure `record_condition` answered.
public struct RecordCondition: Sendable, Hashable {
    fileprivate let sql: String

    /// - Parameter sql: from `caller_rights`, never from outside.
    init(ofProcedure sql: String) { self.sql = sql }
}

/// A name of a relation or column. Made from descriptions only, which hold names of the catalog; anything that is not a
/// plain name is a fault of the program.
struct SQLIdentifier: Sendable, Hashable {
    let quoted: String

    static func table(of description: ObjectDescription) -> SQLIdentifier { SQLIdentifier(description.table) }
    static func column(of field: ObjectField) -> SQLIdentifier { SQLIdentifier(field.name) }
    /// The column in which the field's normal form stands, if it has one.
    static func companion(of field: ObjectField) -> SQLIdentifier {
        SQLIdentifier(field.companion?.column ?? field.name)
    }
    static func table(of child: ObjectChild) -> SQLIdentifier { SQLIdentifier(child.table) }
    static func parent(of child: ObjectChild) -> SQLIdentifier { SQLIdentifier(child.parent) }
    static func recordKey(of child: ObjectChild) -> SQLIdentifier { SQLIdentifier(child.recordKey ?? child.parent) }
    static func order(of child: ObjectChild) -> [SQLIdentifier] { child.order.map(SQLIdentifier.init) }
    /// The column beside the field that decides the form of its values.
    static func deciding(_ field: ObjectField) -> SQLIdentifier? {
        switch field.type {
        case .money(let name), .record(let name): SQLIdentifier(name)
        default: nil
        }
    }
    /// The column of the record that decides the form of amounts in its rows.
    static func deciding(_ child: ObjectChild) -> SQLIdentifier? {
        for field in child.fields {
            if case .money(let name) = field.type, !child.fields.contains(where: { $0.name == name }) {
                return SQLIdentifier(name)
            }
        }
        return nil
    }
    static func table(of target: LinkTarget) -> SQLIdentifier { SQLIdentifier(target.table) }
    static func column(of target: LinkTarget) -> SQLIdentifier { SQLIdentifier(target.column) }
    static func title(of target: LinkTarget) -> SQLIdentifier { SQLIdentifier(target.title) }

    private init(_ name: String) {
        precondition(
            !name.isEmpty && name.utf8.count <= 63
                && name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f },
            "not a plain name: \(name)")
        quoted = "\"" + name + "\""
    }
}
