using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Runner.Entities.Store;
using SQLitePCL;

namespace Runner.Persistence.Sqlite;

/// <summary>
/// A prepared statement. ADO.NET's commands allocate a reader and look parameters up by name at each execution, which costs more than
/// the insert itself; this binds by position. Positions of parameters count from 1, those of columns from 0. Not thread-safe.
/// </summary>
internal sealed class Statement : IDisposable
{
    private const int OnStack = 512;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _handle;

    public Statement(sqlite3 database, string sql)
    {
        _database = database;
        // Kept for long: SQLite then takes its memory from elsewhere than its short-lived pool.
        Check(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _handle));
    }

    public Statement Bind(int position, long value)
    {
        Check(raw.sqlite3_bind_int64(_handle, position, value));
        return this;
    }

    public Statement Bind(int position, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            // An empty span would be bound as null.
            Check(value is null ? raw.sqlite3_bind_null(_handle, position) : raw.sqlite3_bind_text(_handle, position, value));
            return this;
        }

        return BindJoined(position, value, "", "");
    }

    /// <summary>Binds bytes.</summary>
    public Statement Bind(int position, ReadOnlySpan<byte> blob)
    {
        // An empty span would be bound as null.
        Check(blob.IsEmpty ? raw.sqlite3_bind_zeroblob(_handle, position, 0) : raw.sqlite3_bind_blob(_handle, position, blob));
        return this;
    }

    /// <summary>Binds the value of a column: a string, a long or null.</summary>
    public Statement Bind(int position, object? value) => value is long number ? Bind(position, number) : Bind(position, (string?)value);

    /// <summary>Binds an entity's persistence id.</summary>
    public Statement Bind(int position, EntityKey entity) => BindJoined(position, entity.Kind, "/", entity.Id);

    /// <summary>Binds kind and id at two positions.</summary>
    public Statement BindParts(int position, EntityKey entity) => Bind(position, entity.Kind).Bind(position + 1, entity.Id);

    /// <summary>Binds a list of one tag, as Akka.Persistence.Sql writes it.</summary>
    public Statement BindTag(int position, string tag) => BindJoined(position, ";", tag, ";");

    /// <summary>Binds a name and a version as <c>name/version</c>.</summary>
    public Statement BindManifest(int position, string name, int version)
    {
        Span<char> digits = stackalloc char[11];
        version.TryFormat(digits, out int length, provider: CultureInfo.InvariantCulture);
        return BindJoined(position, name, "/", digits[..length]);
    }

    /// <summary>Runs a statement whose rows, if any, do not matter.</summary>
    public void Execute()
    {
        try
        {
            Step();
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Runs a statement that does a part of its work for each row it gives; returns their number.</summary>
    public int ExecuteToEnd()
    {
        int rows = 0;
        try
        {
            while (Step())
            {
                rows++;
            }

            return rows;
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Goes on to the next row; false after the last.</summary>
    public bool Next() => Step();

    /// <summary>The first column of the first row; null if there is no row.</summary>
    public long? Scalar()
    {
        try
        {
            return Step() ? Int64(0) : null;
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Each row as <paramref name="read"/> reads it.</summary>
    public void ReadAll<T>(ICollection<T> into, Func<Statement, T> read)
    {
        try
        {
            while (Step())
            {
                into.Add(read(this));
            }
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>The first row, or the default if there is none.</summary>
    public T? First<T>(Func<Statement, T> read)
    {
        try
        {
            return Step() ? read(this) : default;
        }
        finally
        {
            Reset();
        }
    }

    public long Int64(int column) => raw.sqlite3_column_int64(_handle, column);

    public bool IsNull(int column) => raw.sqlite3_column_type(_handle, column) == raw.SQLITE_NULL;

    public bool IsInteger(int column) => raw.sqlite3_column_type(_handle, column) == raw.SQLITE_INTEGER;

    // As a blob: asked for as text it would end at the first NUL.
    public string Text(int column) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(_handle, column));

    /// <summary>The text without its first bytes, which are known.</summary>
    public string TextAfter(int column, int bytes) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(_handle, column)[bytes..]);

    public byte[] Blob(int column) => raw.sqlite3_column_blob(_handle, column).ToArray();

    /// <summary>What <see cref="BindManifest"/> has written; with what is wrong with it, if it is no such text.</summary>
    public (string Name, int Version, string? Damage) Manifest(int column)
    {
        ReadOnlySpan<byte> text = raw.sqlite3_column_blob(_handle, column);
        int slash = text.LastIndexOf((byte)'/');
        return slash >= 0 && Utf8Parser.TryParse(text[(slash + 1)..], out int version, out int length) && slash + 1 + length == text.Length
            ? (Encoding.UTF8.GetString(text[..slash]), version, null)
            : (Encoding.UTF8.GetString(text), 0, StoreSchema.NoManifest(Encoding.UTF8.GetString(text)));
    }

    public EntityKey Entity(int column) => new(Text(column), Text(column + 1));

    public void Dispose() => _handle.Dispose();

    private Statement BindJoined(int position, ReadOnlySpan<char> first, ReadOnlySpan<char> second, ReadOnlySpan<char> third)
    {
        int atMost = Encoding.UTF8.GetMaxByteCount(first.Length + second.Length + third.Length);
        byte[]? rented = atMost <= OnStack ? null : ArrayPool<byte>.Shared.Rent(atMost);
        Span<byte> buffer = rented is null ? stackalloc byte[OnStack] : rented;
        int length = Encoding.UTF8.GetBytes(first, buffer);
        length += Encoding.UTF8.GetBytes(second, buffer[length..]);
        length += Encoding.UTF8.GetBytes(third, buffer[length..]);
        int rc = raw.sqlite3_bind_text(_handle, position, buffer[..length]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        Check(rc);
        return this;
    }

    private bool Step()
    {
        int rc = raw.sqlite3_step(_handle);
        if (rc is not (raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            Check(rc);
        }

        return rc == raw.SQLITE_ROW;
    }

    // Repeats the code of a step that failed, which was thrown already.
    private void Reset() => _ = raw.sqlite3_reset(_handle);

    private void Check(int rc)
    {
        if (rc != raw.SQLITE_OK)
        {
            throw new SqliteException(rc, raw.sqlite3_errmsg(_database).utf8_to_string());
        }
    }
}
