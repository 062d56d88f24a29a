using Runner.Entities.Store;

namespace Runner.Persistence.Sqlite;

/// <summary>Connections that read, opened when first needed. Reads wait for the disk on threads of the pool, never on the caller's.</summary>
internal sealed class ReaderPool(DatabaseFile file, int readers) : IAsyncDisposable
{
    private readonly SemaphoreSlim _free = new(readers);
    private readonly Stack<Database> _idle = new();
    private int _generation;
    private volatile bool _disposed;

    /// <exception cref="StoreException">The database cannot be read.</exception>
    public async Task<T> ReadAsync<T>(Func<Database, T> read)
    {
        await _free.WaitAsync().ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(SqliteEntityStore));
            return await Task.Run(() => Read(read)).ConfigureAwait(false);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Reads from now on go to connections opened from now on.</summary>
    public void Renew()
    {
        lock (_idle)
        {
            _generation++;
            while (_idle.TryPop(out Database? database))
            {
                database.Dispose();
            }
        }
    }

    /// <summary>Waits for the reads that go on, then closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        for (int i = 0; i < readers; i++)
        {
            await _free.WaitAsync().ConfigureAwait(false);
        }

        while (_idle.TryPop(out Database? database))
        {
            database.Dispose();
        }

        // Whoever came too late finds it closed instead of waiting for ever.
        _free.Release(readers);
    }

    private T Read<T>(Func<Database, T> read)
    {
        (Database? database, int generation) = Idle();
        try
        {
            database ??= file.OpenReader();
            T result = read(database);
            Return(database, generation);
            return result;
        }
        catch (SqliteException error)
        {
            // A connection that failed once is not trusted again; opening one costs less than a wrong answer.
            database?.Dispose();
            throw file.Translate(error);
        }
        catch
        {
            database?.Dispose();
            throw;
        }
    }

    private (Database? Database, int Generation) Idle()
    {
        lock (_idle)
        {
            return (_idle.TryPop(out Database? database) ? database : null, _generation);
        }
    }

    private void Return(Database database, int generation)
    {
        lock (_idle)
        {
            if (generation == _generation)
            {
                _idle.Push(database);
                return;
            }
        }

        database.Dispose();
    }
}
