using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Runner.Entities.Store;

namespace Runner.Persistence.Sqlite;

/// <summary>Rows to and from SQLite's values. A set is kept as a JSON array in the order it was given.</summary>
internal static class RowCodec
{
    /// <summary>What is bound for a value: a string, a long or null.</summary>
    public static object? Encode(object? value) => value is ImmutableArray<string> set ? EncodeSet(set) : value;

    /// <summary>Reads a row whose first column is the key and whose others are the table's, in its order.</summary>
    public static Row Read(Statement statement, TableSchema table)
    {
        object?[] values = new object?[table.Columns.Length];
        for (int i = 0; i < values.Length; i++)
        {
            if (!statement.IsNull(i + 1))
            {
                values[i] = table.Columns[i].Type switch
                {
                    // Another type than the column's is what a damaged row has: whoever reads it meets a value that is none.
                    ColumnType.Integer => statement.IsInteger(i + 1) ? statement.Int64(i + 1) : statement.Text(i + 1),
                    ColumnType.Text => statement.Text(i + 1),
                    ColumnType.TextSet => DecodeSet(statement.Blob(i + 1)),
                };
            }
        }

        return new Row(statement.Text(0), [.. values]);
    }

    private static string EncodeSet(ImmutableArray<string> set)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartArray();
            foreach (string member in set)
            {
                writer.WriteStringValue(member);
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The text itself where it is no set: that cannot be taken for one.</summary>
    private static object DecodeSet(byte[] json)
    {
        try
        {
            return ReadSet(json);
        }
        catch (JsonException)
        {
            return Encoding.UTF8.GetString(json);
        }
    }

    private static ImmutableArray<string> ReadSet(byte[] json)
    {
        ImmutableArray<string>.Builder set = ImmutableArray.CreateBuilder<string>();
        Utf8JsonReader reader = new(json);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                set.Add(reader.GetString()!);
            }
        }

        return set.ToImmutable();
    }
}
