// TandemTesting
