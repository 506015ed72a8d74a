import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/** What a BI tool on the JVM learns of a published view by JDBC: tab-separated lines of metadata, then rows. */
public class Metadata {
    public static void main(String[] given) throws Exception {
        String url = given[0], schema = given[1], view = given[2], order = given[3];
        try (Connection connection = DriverManager.getConnection(url, given[4], given[5])) {
            connection.setReadOnly(true);
            DatabaseMetaData metadata = connection.getMetaData();
            System.out.println("driver\t" + metadata.getDriverName() + " " + metadata.getDriverVersion());
            try (ResultSet tables = metadata.getTables(null, schema, "%", new String[] {"VIEW", "TABLE"})) {
                while (tables.next()) {
                    System.out.println(String.join("\t", "table", tables.getString("TABLE_NAME"),
                        tables.getString("TABLE_TYPE"), tables.getString("REMARKS")));
                }
            }
            try (ResultSet columns = metadata.getColumns(null, schema, view, "%")) {
                while (columns.next()) {
                    System.out.println(String.join("\t", "column", columns.getString("COLUMN_NAME"),
                        columns.getString("DATA_TYPE"), columns.getString("COLUMN_SIZE"),
                        columns.getString("DECIMAL_DIGITS"), columns.getString("REMARKS")));
                }
            }
            String query = "SELECT * FROM " + schema + "." + view + " ORDER BY " + order;
            try (ResultSet rows = connection.createStatement().executeQuery(query)) {
                int count = rows.getMetaData().getColumnCount();
                while (rows.next()) {
                    StringBuilder line = new StringBuilder("row");
                    for (int column = 1; column <= count; column++) {
                        line.append('\t').append(shown(rows, column, rows.getMetaData().getColumnTypeName(column)));
                    }
                    System.out.println(line);
                }
            }
        }
    }

    private static String shown(ResultSet rows, int column, String type) throws Exception {
        if (rows.getObject(column) == null) {
            return "";
        }
        return switch (type) {
            case "numeric" -> rows.getBigDecimal(column).toPlainString();
            case "float8" -> Double.toHexString(rows.getDouble(column));
            case "timestamptz" -> {
                OffsetDateTime instant = rows.getObject(column, OffsetDateTime.class).withOffsetSameInstant(ZoneOffset.UTC);
                yield String.valueOf(instant.toEpochSecond() * 1_000_000L + instant.getNano() / 1_000);
            }
            case "bool" -> String.valueOf(rows.getBoolean(column));
            default -> rows.getString(column);
        };
    }
}
