public import Postgres

/// What BI logins that make models need beside their rights: something that holds them to views. A right to create is one to create anything;
/// an event trigger tells views from the rest, and only a superuser makes one.
public enum BIModels {
    public static func isGuarded(_ connection: Connection) throws(PostgresError) -> Bool {
        try connection.execute(ControlPlane.file("control/bi/is_guarded.sql")).one().bool("guarded")
    }

    /// Makes the event trigger, or makes it anew.
    ///
    /// - Parameter connection: a superuser's, of a database with a control plane.
    public static func hold(_ connection: Connection) throws(PostgresError) {
        try connection.script(ControlPlane.text("control/bootstrap/guard_models.sql"), deadline: .seconds(60))
    }
}

extension EmbeddedServer {
    /// Holds BI logins that make models to views.
    public func holdBIModels() throws(PostgresError) {
        let connection = try superuser()
        defer { connection.close() }
        if try !BIModels.isGuarded(connection) { try BIModels.hold(connection) }
    }
}
