import Crypto
import ServiceLifecycle
import Yams
