using SQLitePCL;
using ILogger = Serilog.ILogger;

namespace Runner.Persistence.Sqlite;

/// <summary>
/// Carries the write-ahead log over into the database on a thread and a connection of its own: writing thousands of pages all over the
/// file and waiting for the disk takes tens of milliseconds, in which no commit would be answered.
/// </summary>
/// <remarks>
/// <code>
///   Idle ──grown enough──► Carrying ──little is left──► Nearly ──long: the writer does the rest──► Idle
///                              └──────── much is left, or it failed ────► Apart ────────────────────► Idle
/// </code>
/// Often and little at a time, for what waits for the disk beside it waits longer the more there is to be written. The log begins anew once all
/// of it is carried over and nobody reads from it. While commits follow one another the thread alone never gets there, for behind each
/// carrying over there is a little more; so now and then the writer carries over the last of it, between two commits. Who reads for long
/// (a copy is being made) keeps the log growing. One that has become far too long is carried over with the commits waiting.
/// </remarks>
internal sealed class Checkpointer
{
    /// <summary>Pages: about what a commit writes.</summary>
    internal const int Little = 128;

    /// <summary>How often the thread goes over what came meanwhile before it leaves it to the next time.</summary>
    private const int MostPasses = 8;

    /// <summary>At so many times what is carried over at once it is to begin anew: that holds up a commit.</summary>
    private const int Long = 4;

    /// <summary>So many times as much is far too long.</summary>
    internal const int FarTooLong = 64;

    // Reads are over within a millisecond, all but those that a log has to grow for.
    private const int Patience = 3;
    private const int LastPatience = 100;

    private readonly DatabaseFile _file;
    private readonly ILogger _log;
    private readonly int _enough;
    private readonly object _lock = new();
    private readonly Thread _thread;
    private State _state;
    private bool _hurry;
    private bool _closed;
    private bool _failing;

    // The writer's own.
    private int _length;
    private int _next;
    private int _tooLong;

    /// <param name="pages">By how much the log grows before it is carried over.</param>
    public Checkpointer(DatabaseFile file, int pages, ILogger log)
    {
        (_file, _log, _enough) = (file, log, pages);
        BeginAnew();
        _thread = new Thread(Run) { Name = "store-checkpoints", IsBackground = true };
        _thread.Start();
    }

    private enum State
    {
        Idle,
        Carrying,
        Nearly,
        Apart,
    }

    /// <summary>The log has so many pages now. Called by the writer outside of a transaction, with its connection.</summary>
    /// <exception cref="SqliteException">The rest could not be carried over. Nothing is lost: it stays in the log.</exception>
    public void Grown(Database writer, int length)
    {
        if (length < _length)
        {
            BeginAnew();
        }

        _length = length;
        if (length >= _tooLong)
        {
            _tooLong = length + Far();
            CarryAll(writer);
        }
        else if (length >= _next)
        {
            Advance(writer);
        }
    }

    /// <summary>A carrying over failed. It is said once; the log is as it was, and is tried again when it has grown.</summary>
    public void Failed(SqliteException error)
    {
        if (Tell(failing: true))
        {
            _log.Warning(
                "The store's log cannot be carried over into the database, and grows until it can: {Reason}", _file.Translate(error).Message);
        }
    }

    /// <summary>
    /// Ends when the thread's connection is closed. Called by the writer before it closes its own: the last connection carries over what is
    /// left.
    /// </summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            Monitor.PulseAll(_lock);
        }

        _thread.Join();
    }

    private void BeginAnew() => (_length, _next, _tooLong) = (0, _enough, Far());

    private int Far() => (int)Math.Min(int.MaxValue / 4, (long)_enough * FarTooLong);

    private void Advance(Database writer)
    {
        switch (Now())
        {
            case State.Idle:
                Become(State.Carrying);
                break;
            case State.Nearly:
                Later();
                if (_length >= (long)_enough * Long)
                {
                    Restart(writer, Patience);
                }

                break;
            case State.Apart:
                Later();
                break;
            default:
                break;
        }
    }

    private void Later()
    {
        _next = _length + _enough;
        Become(State.Idle);
    }

    private void CarryAll(Database writer)
    {
        lock (_lock)
        {
            _hurry = true;
            while (_state == State.Carrying)
            {
                Monitor.Wait(_lock);
            }

            _hurry = false;
        }

        bool restarted = Restart(writer, LastPatience);
        _log.Warning(
            restarted ? "The store's log had grown to {Pages} pages of 4 KiB: commits waited while it was carried over into the database"
                : "The store's log has grown to {Pages} pages of 4 KiB and goes on growing: something has been reading from it for long",
            _length);
    }

    /// <summary>
    /// Carries over what is left, and has the log begin anew if nobody reads from it. SQLite cannot tell when a reader is done; it is asked
    /// again each millisecond.
    /// </summary>
    private bool Restart(Database writer, int attempts)
    {
        while (!writer.Checkpoint(raw.SQLITE_CHECKPOINT_RESTART).IsDone)
        {
            if (--attempts == 0)
            {
                return false;
            }

            lock (_lock)
            {
                Monitor.Wait(_lock, 1);
            }
        }

        return true;
    }

    private void Run()
    {
        while (AwaitWork())
        {
            Become(TryCarry() ? State.Nearly : State.Apart);
        }
    }

    private bool TryCarry()
    {
        try
        {
            bool nearly = Carry();
            if (Tell(failing: false))
            {
                _log.Information("The store's log is carried over into the database again");
            }

            return nearly;
        }
        catch (SqliteException error)
        {
            Failed(error);
            return false;
        }
    }

    /// <summary>Whether next to nothing is left.</summary>
    private bool Carry()
    {
        using Database database = _file.OpenCheckpointer();
        LogState before = default;
        for (int pass = 0; pass < MostPasses && !IsWanted(); pass++)
        {
            LogState log = database.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
            if (log.IsHeld || log.Pages - log.Carried > Little)
            {
                return false;
            }

            if (log.Pages - before.Pages <= Little)
            {
                return true;
            }

            before = log;
        }

        return false;
    }

    private bool AwaitWork()
    {
        lock (_lock)
        {
            while (_state != State.Carrying && !_closed)
            {
                Monitor.Wait(_lock);
            }

            return !_closed;
        }
    }

    /// <summary>Whether it is news.</summary>
    private bool Tell(bool failing)
    {
        lock (_lock)
        {
            bool isNews = _failing != failing;
            _failing = failing;
            return isNews;
        }
    }

    private bool IsWanted()
    {
        lock (_lock)
        {
            return _hurry || _closed;
        }
    }

    private State Now()
    {
        lock (_lock)
        {
            return _state;
        }
    }

    private void Become(State state)
    {
        lock (_lock)
        {
            _state = state;
            Monitor.PulseAll(_lock);
        }
    }
}

/// <summary>The write-ahead log after a checkpoint.</summary>
/// <param name="Pages">In the log; -1 if it was not looked at.</param>
/// <param name="Carried">How many of them are in the database.</param>
/// <param name="IsHeld">Somebody else was in the way of what was asked for.</param>
internal readonly record struct LogState(int Pages, int Carried, bool IsHeld)
{
    /// <summary>Whether all of it was carried over, and nobody was in the way.</summary>
    public bool IsDone => !IsHeld && Pages == Carried;
}
