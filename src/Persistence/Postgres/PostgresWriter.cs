using System.Diagnostics;
using System.Threading.Channels;
using Npgsql;
using Runner.Entities.Store;
using ILogger = Serilog.ILogger;

namespace Runner.Persistence.Postgres;

/// <summary>
/// The one who writes. Whatever was queued while the database was busy with the group before becomes the next group: one transaction. When
/// somebody else has written what a group is about, or one of its commits cannot be written at all, each is done as if it had come alone.
/// </summary>
internal sealed class PostgresWriter : IAsyncDisposable
{
    private const int Tries = 10;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private readonly Channel<PendingCommit> _queue = Channel.CreateUnbounded<PendingCommit>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim _closing = new(0);
    private readonly NpgsqlDataSource _source;
    private readonly PostgresAddress _address;
    private readonly PostgresStoreOptions _options;
    private readonly Func<Task<GroupConnection>> _open;
    private readonly Action _back;
    private readonly ILogger _log;
    private readonly Task _ended;
    private volatile bool _closed;
    private GroupConnection? _connection;
    private TimeSpan _pause = FirstPause;
    private StoreException? _failure;

    /// <param name="source">Where connections come from; disposed of when the writer is.</param>
    /// <param name="first">Is open already.</param>
    /// <param name="open">Opens another one.</param>
    /// <param name="back">Called when the database was away and is back.</param>
    public PostgresWriter(
        NpgsqlDataSource source, PostgresAddress address, PostgresStoreOptions options, GroupConnection first, Func<Task<GroupConnection>> open,
        Action back, ILogger log)
    {
        (_source, _address, _options, _connection, _open, _back, _log) = (source, address, options, first, open, back, log);
        _ended = Task.Run(RunAsync);
    }

    /// <exception cref="ObjectDisposedException">The store is being closed.</exception>
    public Task<CommitResult> CommitAsync(EntityCommit commit)
    {
        PendingCommit pending = new(commit);
        ObjectDisposedException.ThrowIf(!_queue.Writer.TryWrite(pending), typeof(PostgresEntityStore));
        return pending.Task;
    }

    /// <summary>Ends when everything queued is written, or has failed, and the connection is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_queue.Writer.TryComplete())
        {
            _closed = true;
            _closing.Release();
        }

        await _ended.ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        List<PendingCommit> group = [];
        while (await ReadyAsync().ConfigureAwait(false))
        {
            group.Clear();
            Take(group, _options.LargestGroup);
            await WriteAsync(group).ConfigureAwait(false);
        }

        await DropAsync().ConfigureAwait(false);
    }

    private void Take(List<PendingCommit> group, int atMost)
    {
        while (group.Count < atMost && _queue.Reader.TryRead(out PendingCommit? pending))
        {
            group.Add(pending);
        }
    }

    // While the database is away it is asked again and again, also if nobody writes: whoever reads, and whoever looks at the log, is to know when it
    // is back.
    private async Task<bool> ReadyAsync()
    {
        while (_connection is null)
        {
            await _closing.WaitAsync(_pause).ConfigureAwait(false);
            // Once more before the end: what was queued before it is to be written.
            bool closing = _closed;
            _pause = _pause * 2 > LongestPause ? LongestPause : _pause * 2;
            try
            {
                _connection = await _open().ConfigureAwait(false);
                _pause = FirstPause;
                _back();
                Report(null);
            }
            catch (Exception error)
            {
                StoreException failure = Translate(error);
                Report(failure);
                List<PendingCommit> waiting = [];
                Take(waiting, int.MaxValue);
                // Who tries again at once waits for the next attempt.
                waiting.ForEach(pending => pending.SetException(failure));
                if (closing)
                {
                    return false;
                }
            }
        }

        return await _queue.Reader.WaitToReadAsync().ConfigureAwait(false);
    }

    private async Task WriteAsync(List<PendingCommit> group)
    {
        long began = Stopwatch.GetTimestamp();
        StoreException? failure = await TryWriteAsync(group).ConfigureAwait(false);
        for (int i = 1; i < Tries && group.Count == 1 && failure?.InnerException is { } error && PostgresErrors.IsConflict(error); i++)
        {
            failure = await TryWriteAsync(group).ConfigureAwait(false);
        }

        if (failure?.InnerException is { } reason && group.Count > 1 && PostgresErrors.IsOfOneCommit(reason))
        {
            foreach (PendingCommit pending in group)
            {
                await WriteAsync([pending]).ConfigureAwait(false);
            }

            return;
        }

        _options.Telemetry?.Written(group, began, failure);
        Answer(group, failure);
    }

    private void Answer(List<PendingCommit> group, StoreException? failure)
    {
        // Asked how it is, a full disk answers as if nothing were wrong.
        if (failure is not null || _failure is not StoreFullException || group.Exists(pending => !pending.Commit.Writes.IsEmpty))
        {
            Report(failure);
        }

        foreach (PendingCommit pending in group)
        {
            if (failure is null)
            {
                pending.SetResult(pending.Decided!);
            }
            else
            {
                pending.SetException(failure);
            }
        }
    }

    private async Task<StoreException?> TryWriteAsync(List<PendingCommit> group)
    {
        if (_connection is null)
        {
            return _failure;
        }

        try
        {
            await _connection.WriteAsync(group).ConfigureAwait(false);
            return null;
        }
        catch (StoreException failure)
        {
            return failure;
        }
        catch (Exception error)
        {
            StoreException failure = Translate(error);
            if (PostgresErrors.IsAway(error))
            {
                Report(failure);
                await DropAsync().ConfigureAwait(false);
            }

            return failure;
        }
    }

    private StoreException Translate(Exception error) => PostgresErrors.IsOfDatabase(error)
        ? PostgresErrors.Translate(error, _address)
        : new StoreUnavailableException($"A commit to {_address} could not be written: {error.Message}", error);

    private async Task DropAsync()
    {
        GroupConnection? connection = _connection;
        _connection = null;
        if (connection is not null)
        {
            try
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (PostgresErrors.IsOfDatabase(error))
            {
                // It is broken; there is nobody to say goodbye to.
            }
        }
    }

    // Once when it begins and once when it is over; what fails in between is told to those who wait for it.
    private void Report(StoreException? failure)
    {
        if (failure is not null && _failure is null)
        {
            // Of a server that is away the message says all there is to know; where in the code it was found helps nobody.
            bool isPlain = failure.InnerException is not { } error || PostgresErrors.IsOfDatabase(error);
            _log.Error(isPlain ? null : failure, "The store cannot write: {Reason}", failure.Message);
        }
        else if (failure is null && _failure is not null)
        {
            _log.Information("The store writes again");
        }

        _failure = failure;
    }
}
