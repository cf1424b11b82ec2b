/// How much two profiles are alike: the score, and what they say side by side.
struct Likeness {
    struct Row {
        let comparison: String
        let values: [Value]
        let agreement: String
        let agreementTone: String
        let weight: String
    }

    struct Value {
        let of: String
        /// Nil: it says nothing.
        let said: String?
    }

    let score: String
    let tone: String
    let because: String
    let weights: String
    let columns: [String]
    let rows: [Row]

    /// Nil for a review of something else, and once it was emptied by an erasure.
    init?(_ read: ReviewRead) {
        guard read.reason == "likeness", let explanation = read.detail?.explanation, let number = read.detail?.score
        else {
            return nil
        }
        let profiles = read.profiles ?? []
        let names = profiles.enumerated().map { Self.name($1) ?? "person \($0 + 1)" }
        score = "\(number) %"
        tone = number >= 99 ? "good" : "info"
        columns = names
        weights =
            explanation.estimated
            ? "Weights in bits, estimated from your own profiles: plus speaks for one person, minus for two."
            : "Fixed weights in bits, as there are too few profiles to estimate them: plus speaks for one person, minus for two."
        let said = explanation.comparisons.filter { $0.agreement != "missing" }
        because = said.map { "\(Self.words($0.name)) \(Self.bits($0.weight))" }.joined(separator: " · ")
        rows = said.map { comparison in
            Row(
                comparison: Self.words(comparison.name),
                values: profiles.enumerated().map { place, profile in
                    Value(of: names[place], said: profile.compared?[comparison.name])
                },
                agreement: comparison.agreement,
                agreementTone: comparison.agreement == "different"
                    ? "warn" : comparison.agreement == "same" ? "good" : "info",
                weight: Self.bits(comparison.weight))
        }
    }

    /// Nil: the profile has no name.
    static func name(_ profile: ReviewRead.Profile) -> String? {
        let parts = ["first_name", "last_name"].compactMap { profile.compared?[$0] }
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }

    private static func words(_ name: String) -> String { name.replacing("_", with: " ") }

    private static func bits(_ weight: Double) -> String {
        let tenths = Int((abs(weight) * 10).rounded())
        return (weight < 0 ? "−" : "+") + "\(tenths / 10).\(tenths % 10)"
    }
}
