import CLibPQ
import Glibc

/// The result of one statement: a collection of rows, in the server's binary format.
public struct Rows: Sendable, RandomAccessCollection {
    let result: ResultStorage

    init(_ result: ResultStorage) { self.result = result }

    /// The result of nothing.
    public static let empty = Rows(ResultStorage(PQmakeEmptyPGresult(nil, PGRES_COMMAND_OK)))

    public var startIndex: Int { 0 }

    public var endIndex: Int { result.rowCount }

    public subscript(position: Int) -> Row {
        precondition(position >= 0 && position < result.rowCount, "row \(position) of \(result.rowCount)")
        return Row(result: result, index: position)
    }

    /// Column names in order.
    public var columns: [String] { result.columns }

    /// Rows inserted, updated, deleted, selected or copied.
    public var affected: Int { result.affected }

    /// The only row.
    ///
    /// - Throws: kind `decoding` when there is none or more than one.
    public func one() throws(PostgresError) -> Row {
        guard count == 1 else { throw .decoding("expected one row, got \(count)") }
        return self[0]
    }

    /// The only row, or nil when there is none.
    public func oneOrNone() throws(PostgresError) -> Row? {
        guard count <= 1 else { throw .decoding("expected at most one row, got \(count)") }
        return first
    }
}

/// Owns a PGresult.
///
/// Unchecked because of the raw pointer: libpq never changes a result once it is returned, so threads may read it at
/// the same time, and only `deinit` frees it.
final class ResultStorage: @unchecked Sendable {
    let handle: OpaquePointer?
    let rowCount: Int
    let columnCount: Int

    /// Takes over `handle`.
    init(_ handle: OpaquePointer?) {
        self.handle = handle
        rowCount = Int(PQntuples(handle))
        columnCount = Int(PQnfields(handle))
    }

    deinit { PQclear(handle) }

    var columns: [String] {
        (0..<columnCount).map { PQfname(handle, CInt($0)).map { String(cString: $0) } ?? "" }
    }

    func column(named name: String) -> Int? {
        name.withCString { wanted in
            (0..<columnCount).first { column in PQfname(handle, CInt(column)).map { strcmp($0, wanted) == 0 } ?? false }
        }
    }

    func type(of column: Int) -> OID { OID(PQftype(handle, CInt(column))) }

    var affected: Int {
        PQcmdTuples(handle).flatMap { Int(String(cString: $0)) } ?? 0
    }

    /// The bytes of a value, nil for null; valid while `self` lives.
    func bytes(row: Int, column: Int) -> UnsafeRawBufferPointer? {
        let row = CInt(row)
        let column = CInt(column)
        if PQgetisnull(handle, row, column) == 1 { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(handle, row, column), count: Int(PQgetlength(handle, row, column)))
    }
}
