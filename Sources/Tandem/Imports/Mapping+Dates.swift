extension Mapping {
    /// Gives a format to columns of dates and times for which the mapping says none.
    mutating func date(_ object: ObjectDescription, by format: String) {
        for index in fields.indices where fields[index].value.format == nil && fields[index].value.name != nil {
            switch object.field(fields[index].name)?.type {
            case .date, .timestamp: fields[index].value.format = format
            default: break
            }
        }
        for index in history.indices where history[index].value.format == nil { history[index].value.format = format }
    }
}
