// TandemAPI
