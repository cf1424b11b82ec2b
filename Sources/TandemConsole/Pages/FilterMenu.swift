/// A menu of a form; most often one that narrows a list.
struct FilterMenu {
    let name: String
    let label: String
    let choices: [Choice]

    /// One of these, `chosen` unless another is taken.
    init(_ name: String, _ label: String, _ values: [String], of chosen: String, words: (String) -> String) {
        self.name = name
        self.label = label
        choices = values.map { Choice(value: $0, label: words($0), isChosen: $0 == chosen) }
    }

    /// All there is to choose from, and what is chosen, even if it is none of that.
    ///
    /// - Parameter words: what values are called that do not say themselves what they are.
    init(_ name: String, _ label: String, _ values: [String], chosen: String?, words: [String: String] = [:]) {
        self.name = name
        self.label = label
        let known = values.contains(chosen ?? "") ? values : values + [chosen].compactMap { $0 }
        choices =
            [Choice(value: "", label: "any", isChosen: chosen == nil)]
            + known.map { Choice(value: $0, label: words[$0] ?? $0, isChosen: $0 == chosen) }
    }
}
