using System.Collections.Immutable;
using Npgsql;
using NpgsqlTypes;
using Runner.Entities.Store;

namespace Runner.Persistence.Postgres;

/// <summary>Reads, each one statement on a connection of a pool, and so from one state of the database.</summary>
internal sealed class ReadPool(NpgsqlDataSource source, PostgresAddress address, int readers) : IAsyncDisposable
{
    // Who waits for a connection waits here: the pool of the library gives up after a while, and says that the database is away.
    private readonly SemaphoreSlim _free = new(readers);
    private volatile bool _disposed;

    /// <summary>Reads all rows of a statement.</summary>
    /// <exception cref="StoreException">The database cannot be read.</exception>
    public async Task<ImmutableArray<T>> AllAsync<T>(string sql, ImmutableArray<object> parameters, Func<NpgsqlDataReader, T> read)
    {
        await _free.WaitAsync().ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(PostgresEntityStore));
            try
            {
                return await TryAllAsync(sql, parameters, read).ConfigureAwait(false);
            }
            catch (NpgsqlException error) when (PostgresErrors.IsAway(error) && error.InnerException is not TimeoutException)
            {
                // A connection that has idled through a restart of the server is no news; a new one says what there is to say.
                return await TryAllAsync(sql, parameters, read).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (PostgresErrors.IsOfDatabase(error))
        {
            throw PostgresErrors.Translate(error, address);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Reads the first row of a statement; null if it has none.</summary>
    public async Task<T?> FirstAsync<T>(string sql, ImmutableArray<object> parameters, Func<NpgsqlDataReader, T> read)
        where T : class
    {
        ImmutableArray<T> rows = await AllAsync(sql, parameters, read).ConfigureAwait(false);
        return rows.IsEmpty ? null : rows[0];
    }

    /// <summary>Reads from now on go to connections opened from now on.</summary>
    public void Renew() => source.Clear();

    /// <summary>Waits for the reads that go on, then closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        for (int i = 0; i < readers; i++)
        {
            await _free.WaitAsync().ConfigureAwait(false);
        }

        await source.DisposeAsync().ConfigureAwait(false);
        // Whoever came too late finds it closed instead of waiting for ever.
        _free.Release(readers);
    }

    private async Task<ImmutableArray<T>> TryAllAsync<T>(string sql, ImmutableArray<object> parameters, Func<NpgsqlDataReader, T> read)
    {
        NpgsqlCommand command = source.CreateCommand(sql);
        await using (command.ConfigureAwait(false))
        {
            foreach (object parameter in parameters)
            {
                command.Parameters.Add(Parameter(parameter));
            }

            NpgsqlDataReader reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                ImmutableArray<T>.Builder rows = ImmutableArray.CreateBuilder<T>();
                while (await reader.ReadAsync().ConfigureAwait(false))
                {
                    rows.Add(read(reader));
                }

                return rows.ToImmutable();
            }
        }
    }

    private static NpgsqlParameter Parameter(object value) => value switch
    {
        string text => GroupSql.Text(text),
        long number => new NpgsqlParameter<long> { TypedValue = number, NpgsqlDbType = NpgsqlDbType.Bigint },
        DBNull => new NpgsqlParameter { Value = value, NpgsqlDbType = NpgsqlDbType.Bigint },
        string[] texts => new NpgsqlParameter<string[]> { TypedValue = texts, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        TimeSpan time => new NpgsqlParameter<TimeSpan> { TypedValue = time, NpgsqlDbType = NpgsqlDbType.Interval },
        _ => throw new ArgumentException($"A {value.GetType().Name} is no parameter."),
    };
}
