public import Foundation

/// Sizes and ages in words.
public enum BackupText {
    /// `39.5 MB`
    public static func size(_ bytes: Int) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
        return unit == 0
            ? "\(bytes) B" : value.formatted(.number.precision(.fractionLength(1)).grouping(.never)) + " \(units[unit])"
    }

    /// `17 min`
    public static func age(_ date: Date) -> String {
        let seconds = max(0, Int(-date.timeIntervalSinceNow))
        switch seconds {
        case ..<120: return "\(seconds) s"
        case ..<7_200: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3_600) h"
        default: return "\(seconds / 86_400) d"
        }
    }
}
