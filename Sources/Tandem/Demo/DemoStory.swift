/// The one story of the demo that is made by hand: where one person came from, and the merge that was wrong.
///
/// `buyer-17` of the first account came as an anonymous visitor, filled in a form, signed up, took part in an opportunity.
/// Six days ago a colleague at another company typed buyer-17's address into a form on a laptop of their own, so the
/// laptop's visits became buyer-17's. Undoing that merge gives them back.
public enum DemoStory {
    /// Where a console may begin: the profile that was merged wrongly.
    public static let userID = "buyer-17"
    /// The wrong merge's ref: the message that caused it.
    public static let wrongMerge = "demo:wrong-merge"
    /// The anonymous id of the laptop.
    public static let laptop = "demo-laptop"

    static let buyer = 17
    /// Who the laptop belongs to.
    static let colleague = 22
    /// Two contacts of two accounts who shared a device: events may not join them, so a review is open. The visitor is
    /// known by address alone; two users would be told apart without asking anybody.
    static let kiosk = (owner: 40, visitor: 60)
}
