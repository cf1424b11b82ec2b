import Crypto
import ServiceLifecycle
import SwiftCSV
import Yams
