/// Who did something, as entries of the audit say it, where it is nobody's key, session or command.
public enum AuditActor {
    /// Tandem by itself: a server that starts, a promotion of traits, a pass of retention.
    public static let tandem = "tandem"
}
