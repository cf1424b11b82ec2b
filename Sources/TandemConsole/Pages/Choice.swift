/// One of several values, of a menu or a row of links.
struct Choice {
    let value: String
    let label: String
    let isChosen: Bool
}
