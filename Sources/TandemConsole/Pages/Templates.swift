import Mustache

/// The templates of the folder Assets, compiled once. A template that does not parse is a fault of the build.
struct Templates: Sendable {
    private let library: MustacheLibrary

    init() {
        MustacheContentTypes.register(Markup(), named: Markup.name)
        var library = MustacheLibrary()
        for (name, text) in Assets.templates {
            do {
                try library.register(Markup.pragma + text, named: name)
            } catch {
                preconditionFailure("\(name).mustache does not parse: \(error)")
            }
        }
        self.library = library
    }

    /// - Parameter page: a value whose stored properties are what the template asks for.
    func render(_ page: Any, as name: String) -> String {
        guard let text = library.render(page, withTemplate: name) else {
            preconditionFailure("there is no template \(name)")
        }
        return text
    }
}
