using System.Diagnostics;
using System.Security.Cryptography;
using Runner.Entities;
using Runner.Entities.Store;
using ILogger = Serilog.ILogger;

namespace Runner.Persistence.Sqlite;

/// <summary>
/// The one thread that writes. Whatever was queued while the disk was busy with the group before becomes the next group: one
/// transaction, one wait for the disk. Each commit is decided by reading before it is written, so a refused one leaves nothing to
/// take back, and the others of its group stand. Only when a write itself fails is the group taken back, and written one by one.
/// </summary>
internal sealed class CommitWriter
{
    /// <summary>With fewer free pages than this an ordinary commit does not fit.</summary>
    private const int PagesOfACommit = 64;

    /// <summary>
    /// So long after a commit met a damaged page whoever asks is told. Commits that do not come by that page succeed meanwhile, and nothing says when
    /// it was mended.
    /// </summary>
    private static readonly TimeSpan DamageIsNews = TimeSpan.FromMinutes(5);

    private readonly DatabaseFile _file;
    private readonly StoreSchema _schema;
    private readonly SqliteStoreOptions _options;
    private readonly string _life = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private readonly ILogger _log;
    private readonly EntityTelemetry? _telemetry;
    private readonly CommitQueue _queue;
    private readonly Checkpointer _checkpointer;
    private readonly Action _reopened;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Connection? _connection;
    private bool _failing;
    private StoreFullException? _full;
    private (StoreException Failure, long At)? _damage;

    /// <summary>Opens the database, brings its tables up to date, and starts the thread.</summary>
    /// <param name="reopened">Called when the database was opened anew after a failure; it may be another file now.</param>
    public CommitWriter(DatabaseFile file, StoreSchema schema, SqliteStoreOptions options, Action reopened, ILogger log)
    {
        _options = options;
        _reopened = reopened;
        _file = file;
        _schema = schema;
        _log = log;
        _telemetry = options.Telemetry;
        _queue = new CommitQueue(options.LargestGroup);
        _connection = Open(create: true);
        _checkpointer = new Checkpointer(file, options.CheckpointPages, log);
        new Thread(Run) { Name = "store-writer", IsBackground = true }.Start();
    }

    public Task<CommitResult> CommitAsync(EntityCommit commit)
    {
        PendingCommit pending = new(commit);
        _queue.Add(pending);
        return pending.Task;
    }

    /// <summary>Ends when everything queued is written and the connection closed.</summary>
    public Task CloseAsync()
    {
        _queue.Close();
        return _ended.Task;
    }

    private void Run()
    {
        List<PendingCommit> group = [];
        while (_queue.Take(group, wait: _connection is not { HasRoomToGive: true }))
        {
            if (group.Count > 0)
            {
                Write(group);
            }
            else
            {
                GiveRoomBack(_connection!);
            }

            CarryOver();
        }

        _checkpointer.Close();
        _connection?.Dispose();
        _ended.SetResult();
    }

    // Nobody waits for this: a failure is no one's but the log's, and the next erasure tries again.
    private void GiveRoomBack(Connection connection)
    {
        try
        {
            connection.GiveRoomBack();
        }
        catch (SqliteException error)
        {
            connection.KeepRoom();
            Recover(broken: error.BreaksConnection);
            _log.Warning(
                "The store cannot give room back to the disk: {Reason} It uses the room again, and tries once more after the next deletion",
                _file.Translate(error).Message);
        }
    }

    // Those of the group have their answers; those that came meanwhile wait no longer than for one more commit.
    private void CarryOver()
    {
        try
        {
            _connection?.CarryOver(_checkpointer);
        }
        catch (SqliteException error)
        {
            Recover(broken: error.BreaksConnection);
            _checkpointer.Failed(error);
        }
    }

    private void Write(List<PendingCommit> group)
    {
        long began = Stopwatch.GetTimestamp();
        StoreException? failure = TryWrite(group, out bool apart);
        if (failure is not null && apart && group.Count > 1)
        {
            // One of them may be to blame for all: each is answered as if it had come alone.
            foreach (PendingCommit commit in group)
            {
                Write([commit]);
            }

            return;
        }

        _telemetry?.Written(group, began, failure);
        if (failure is null && IsAsked(group) && _damage is { } damage && Stopwatch.GetElapsedTime(damage.At) < DamageIsNews)
        {
            failure = new StoreUnavailableException($"Commits fail, not all of them: {damage.Failure.Message}", damage.Failure) { IsDamage = true };
        }
        else if (failure is null && _full is not null && IsAsked(group))
        {
            // Asked how it is, and writing nothing proves nothing: the disk and the database's own bound are looked at.
            failure = SqliteErrors.HasNoRoom(_file.Path) || _connection?.IsAtLargestSize() == true ? _full : null;
        }
        else
        {
            Report(failure);
        }

        Answer(group, failure);
    }

    private static void Answer(List<PendingCommit> group, StoreException? failure)
    {
        foreach (PendingCommit commit in group)
        {
            if (failure is null)
            {
                commit.SetResult(commit.Decided!);
            }
            else
            {
                commit.SetException(failure);
            }
        }
    }

    /// <summary>Whether somebody only asks how the store is.</summary>
    private static bool IsAsked(List<PendingCommit> group) => group.TrueForAll(static commit => commit.Commit.Writes.IsEmpty);

    private StoreException? TryWrite(List<PendingCommit> group, out bool apart)
    {
        apart = false;
        try
        {
            Connected().Write(group, proves: _failing && IsAsked(group));
            return null;
        }
        catch (StoreException failure)
        {
            return failure;
        }
        catch (SqliteException error)
        {
            apart = error.IsOfOneStatement || SqliteErrors.IsFull(error, _file.Path);
            Recover(broken: error.BreaksConnection);
            return _file.Translate(error);
        }
        catch (Exception error)
        {
            apart = true;
            Recover(broken: true);
            return new StoreUnavailableException($"A commit to {_file.Path} could not be written: {error.Message}", error);
        }
    }

    private Connection Connected()
    {
        // A file that was removed could be written on, and all of it would be gone with this process.
        if (_connection is not null && !File.Exists(_file.Path))
        {
            Recover(broken: true);
        }

        if (_connection is null)
        {
            _connection = Open(create: false);
            _reopened();
        }

        return _connection;
    }

    private void Recover(bool broken)
    {
        if (broken || _connection is null || !_connection.TryRollBack())
        {
            _connection?.Dispose();
            _connection = null;
        }
    }

    private Connection Open(bool create)
    {
        // Looked at before it is opened to be written: one that is refused is not touched.
        _file.Recognize();
        Database database = _file.OpenWriter(create);
        try
        {
            DatabaseSchema.Bring(database, _file.Path, _schema, _log);
            return new Connection(database, _schema, _options, _life);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    // Once when it begins and once when it is over; what fails in between is told to those who wait for it.
    private void Report(StoreException? failure)
    {
        if (failure is not null && !_failing)
        {
            // Of what the database itself says the message has all there is to know; where in the code it was found helps nobody.
            bool isPlain = failure is StoreFullException || failure.InnerException is SqliteException or null;
            _log.Error(isPlain ? null : failure, "The store cannot write: {Reason}", failure.Message);
        }
        else if (failure is null && _failing)
        {
            _log.Information("The store writes again");
        }

        if (failure is StoreUnavailableException { IsDamage: true })
        {
            _damage = (failure, Stopwatch.GetTimestamp());
        }

        _failing = failure is not null;
        _full = failure as StoreFullException;
    }

    private sealed class Connection(Database database, StoreSchema schema, SqliteStoreOptions options, string life) : IDisposable
    {
        private readonly CommitApplier _applier = new(database, schema, options, life);
        private readonly Statement _begin = database.Cached("BEGIN IMMEDIATE");
        private readonly Statement _commit = database.Cached("COMMIT");
        private readonly FreeSpace _free = new(database);
        private readonly LogLength _log = database.ObserveLog();

        public bool HasRoomToGive => _free.MayHave;

        public void GiveRoomBack() => _free.Step();

        public void KeepRoom() => _free.GiveUp();

        public void CarryOver(Checkpointer checkpointer) => checkpointer.Grown(database, _log.Pages);

        /// <param name="proves">Whether something is written even if no commit has anything: the last one failed, and an empty transaction proves
        /// nothing.</param>
        public void Write(List<PendingCommit> group, bool proves)
        {
            _begin.Execute();
            if (proves)
            {
                // What it has already, which writes a page all the same.
                database.Execute($"PRAGMA user_version = {database.Query("PRAGMA user_version", row => row.Int64(0))[0]}");
            }

            // Not for somebody's question alone how the store is: that waits for no disk.
            bool erases = group.Exists(static commit => !commit.Commit.Writes.IsEmpty) && _applier.ForgetErased();
            foreach (PendingCommit commit in group)
            {
                commit.Decided = _applier.Apply(commit.Commit);
                erases |= commit.Commit.Writes.Any(static write => write.Erases);
            }

            _commit.Execute();
            _free.Written(erases);
        }

        /// <summary>Whether the database may not grow, and has next to no room inside.</summary>
        public bool IsAtLargestSize()
        {
            try
            {
                long left = database.Query("PRAGMA max_page_count", row => row.Int64(0))[0]
                    - database.Query("PRAGMA page_count", row => row.Int64(0))[0];
                return left + database.Query("PRAGMA freelist_count", row => row.Int64(0))[0] < PagesOfACommit;
            }
            catch (SqliteException)
            {
                // What is wrong with it the next write will say.
                return false;
            }
        }

        public bool TryRollBack()
        {
            _applier.RolledBack();
            try
            {
                if (database.InTransaction)
                {
                    database.Cached("ROLLBACK").Execute();
                }

                return true;
            }
            catch (SqliteException)
            {
                // The connection is of no use any more; closing it rolls back too.
                return false;
            }
        }

        public void Dispose()
        {
            _applier.Dispose();
            _free.Dispose();
            database.Dispose();
            _log.Dispose();
        }
    }
}
