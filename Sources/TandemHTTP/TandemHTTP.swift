import Hummingbird
import Tandem
