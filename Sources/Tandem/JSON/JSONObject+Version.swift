extension JSONObject {
    /// The member `version` of a change of something that has versions: the one that it replaces; nil: whatever is in force.
    ///
    /// - Throws: `invalid`.
    public func expectedVersion() throws(TandemError) -> Int? {
        guard let value = self["version"], !value.isNull else { return nil }
        guard let version = value.int, version >= 0 else {
            throw .invalid("/version", "invalid", "version is the whole number of the version that is replaced.")
        }
        return version
    }
}
