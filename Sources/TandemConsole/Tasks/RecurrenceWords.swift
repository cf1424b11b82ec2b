/// Rules of recurrence as people say them.
enum RecurrenceWords {
    /// What forms offer; every other rule is written.
    static let offered: [(rule: String, label: String)] = [
        ("", "never"), ("FREQ=DAILY", "every day"), ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every weekday"),
        ("FREQ=WEEKLY", "every week"), ("FREQ=WEEKLY;INTERVAL=2", "every two weeks"),
        ("FREQ=MONTHLY", "every month on this day"), ("FREQ=MONTHLY;BYMONTHDAY=-1", "on the last day of every month"),
        ("FREQ=MONTHLY;INTERVAL=3", "every three months"), ("FREQ=YEARLY", "every year"),
    ]

    static func choices(_ chosen: String = "") -> [Choice] {
        offered.map { Choice(value: $0.rule, label: $0.label, isChosen: $0.rule == chosen) }
    }

    /// `FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR` as `every 2 weeks on Monday, Friday`; the rule itself where it is none.
    static func text(_ rule: String) -> String {
        if let known = offered.first(where: { $0.rule == rule && !$0.rule.isEmpty }) { return known.label }
        var parts: [String: String] = [:]
        for part in rule.uppercased().split(separator: ";") {
            let pair = part.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { parts[String(pair[0])] = String(pair[1]) }
        }
        guard let unit = units[parts["FREQ"] ?? ""] else { return rule }
        let every = parts["INTERVAL"].flatMap { Int($0) } ?? 1
        var text = every == 1 ? "every \(unit)" : "every \(every) \(unit)s"
        let days = (parts["BYDAY"] ?? "").split(separator: ",").map { day(String($0)) }
        if !days.isEmpty { text += " on " + days.joined(separator: ", ") }
        let dates = (parts["BYMONTHDAY"] ?? "").split(separator: ",").compactMap { Int($0) }.map(date)
        if !dates.isEmpty { text += " on " + dates.joined(separator: ", ") }
        if let count = parts["COUNT"] { text += ", \(count) times" }
        if let until = parts["UNTIL"], until.count >= 8 {
            let day = [until.prefix(4), until.dropFirst(4).prefix(2), until.dropFirst(6).prefix(2)].joined(
                separator: "-")
            text += ", until \(TimeWords.day(day) ?? day)"
        }
        return text
    }

    private static let units = ["DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"]
    private static let days = [
        "MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday", "SA": "Saturday",
        "SU": "Sunday",
    ]

    /// `-1FR` as `the last Friday`.
    private static func day(_ text: String) -> String {
        let name = days[String(text.suffix(2))] ?? text
        guard let number = Int(text.dropLast(2)) else { return name }
        return number < 0 ? "the \(fromEnd(number)) \(name)" : "the \(number). \(name)"
    }

    private static func date(_ number: Int) -> String {
        number < 0 ? "the \(fromEnd(number)) day of the month" : "the \(number)."
    }

    private static func fromEnd(_ number: Int) -> String { number == -1 ? "last" : "\(-number). last" }
}

/// When to be reminded, as forms offer it.
enum ReminderWords {
    static let offered: [(minutes: String, label: String)] = [
        ("", "no"), ("0", "when it is due"), ("15", "15 minutes before"), ("60", "an hour before"),
        ("1440", "a day before"), ("10080", "a week before"),
    ]

    static var choices: [Choice] {
        offered.map { Choice(value: $0.minutes, label: $0.label, isChosen: $0.minutes.isEmpty) }
    }
}
