using Npgsql;

namespace Runner.Persistence.Postgres.Cluster;

/// <summary>
/// A connection for one request at a time, each of which ends in time: one that is not answered is given up with its connection, whatever the
/// network makes of it, and the next request opens another one.
/// </summary>
internal sealed class KeeperConnection(NpgsqlDataSource source, TimeSpan timeout) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private NpgsqlConnection? _connection;

    /// <summary>Asks the database; opens the connection if there is none.</summary>
    /// <exception cref="TimeoutException">It has not answered in time. Whether it does what it was asked, nobody knows.</exception>
    public async Task<T> AskAsync<T>(Func<PostgresSession, Task<T>> ask)
    {
        if (!await _turn.WaitAsync(timeout).ConfigureAwait(false))
        {
            throw new TimeoutException("The requests before have not been answered.");
        }

        try
        {
            return await AskInTurnAsync(ask).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Whoever asks is answered, or gives up, in time.
        await _turn.WaitAsync().ConfigureAwait(false);
        if (_connection is { } connection)
        {
            _connection = null;
            await CloseAsync(connection).ConfigureAwait(false);
        }

        await source.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<T> AskInTurnAsync<T>(Func<PostgresSession, Task<T>> ask)
    {
        NpgsqlConnection connection = _connection ?? source.CreateConnection();
        bool isOpen = _connection is not null;
        _connection = null;
        Task<T> asking = Task.Run(async () =>
        {
            if (!isOpen)
            {
                await connection.OpenAsync().ConfigureAwait(false);
            }

            return await ask(new PostgresSession(connection)).ConfigureAwait(false);
        });
        try
        {
            T answer = await asking.WaitAsync(timeout).ConfigureAwait(false);
            _connection = connection;
            return answer;
        }
        catch (Exception error)
        {
            if (asking.IsCompleted && !PostgresErrors.IsAway(error) && connection.State == System.Data.ConnectionState.Open)
            {
                _connection = connection;
            }
            else
            {
                _ = CloseLaterAsync(asking, connection);
            }

            throw;
        }
    }

    // The library's own end of a request that nobody answers takes longer than anybody waits.
    private static async Task CloseLaterAsync(Task asking, NpgsqlConnection connection)
    {
        try
        {
            await asking.ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Whoever asked was told.
        }

        await CloseAsync(connection).ConfigureAwait(false);
    }

    private static async Task CloseAsync(NpgsqlConnection connection)
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (PostgresErrors.IsOfDatabase(error))
        {
            // It is broken already.
        }
    }
}
