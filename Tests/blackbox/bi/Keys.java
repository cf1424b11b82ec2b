import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Properties;

/** Prints what a JDBC tool finds, a line each, by tabs: tables, columns, primary and foreign keys, and how many rows each relation has. */
public class Keys {
    public static void main(String[] arguments) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", System.getenv("TANDEM_BI_LOGIN"));
        properties.setProperty("password", System.getenv("TANDEM_BI_PASSWORD"));
        properties.setProperty("sslmode", "require");
        String schema = System.getenv("TANDEM_BI_SCHEMA");
        try (Connection connection = DriverManager.getConnection(System.getenv("TANDEM_BI_JDBC"), properties)) {
            var meta = connection.getMetaData();
            print("driver", meta.getDriverName(), meta.getDriverVersion());
            try (ResultSet tables = meta.getTables(null, schema, "%", new String[] {"TABLE", "VIEW"})) {
                while (tables.next()) {
                    String name = tables.getString("TABLE_NAME");
                    print("relation", tables.getString("TABLE_TYPE"), name, tables.getString("REMARKS"));
                    try (ResultSet keys = meta.getPrimaryKeys(null, schema, name)) {
                        while (keys.next()) print("primary", name, keys.getString("COLUMN_NAME"));
                    }
                    try (ResultSet keys = meta.getImportedKeys(null, schema, name)) {
                        while (keys.next()) {
                            print("foreign", name, keys.getString("FKCOLUMN_NAME"), keys.getString("PKTABLE_NAME"), keys.getString("PKCOLUMN_NAME"));
                        }
                    }
                    try (ResultSet columns = meta.getColumns(null, schema, name, "%")) {
                        while (columns.next()) print("column", name, columns.getString("COLUMN_NAME"), columns.getString("REMARKS"));
                    }
                    try (var statement = connection.createStatement();
                            var rows = statement.executeQuery("select count(*) from \"" + name + "\"")) {
                        rows.next();
                        print("rows", name, rows.getString(1));
                    }
                }
            }
        }
    }

    private static void print(String... parts) {
        System.out.println(String.join("\t", parts).replace("\n", " "));
    }
}
