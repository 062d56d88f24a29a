using Runner.Entities.Store;

namespace Runner.Persistence.Sqlite;

/// <summary>
/// Gives the room that erased entities leave back to the disk, in steps of a few milliseconds between commits: the database's last pages
/// move into its free ones and the file is cut. A part stays free, so that a store in which as much comes as goes does not move pages to
/// and fro.
/// </summary>
/// <remarks>Used by the writer's thread; what it reports is read on any connection.</remarks>
internal sealed class FreeSpace(Database database) : IDisposable
{
    /// <summary>How many pages one step moves at most: what a few milliseconds are enough for.</summary>
    private const int PagesAtOnce = 64;

    /// <summary>As many free pages always stay, 1 MiB.</summary>
    private const long LeastStock = 256;

    /// <summary>And this part of the database: one in so many pages.</summary>
    private const long StockPart = 16;

    private const long Incremental = 2;

    private readonly Statement _step = database.Prepare($"PRAGMA incremental_vacuum({PagesAtOnce})");

    /// <summary>Whether the last look found more free than is worth keeping.</summary>
    private bool _giving;

    /// <summary>Whether pages were given back of which the file still has the room.</summary>
    private bool _uncut;

    /// <summary>Whether there may be something to give back: something was erased, or nobody has looked yet.</summary>
    public bool MayHave { get; private set; } = true;

    /// <summary>Lets a database that is new give room back. To be said before anything is written.</summary>
    public static void Enable(Database database)
    {
        if (Single(database, "page_count") == 0)
        {
            database.Execute($"PRAGMA auto_vacuum = {Incremental}");
        }
    }

    /// <summary>How much room there is, and whether it goes back.</summary>
    public static StoreSpace Of(Database database)
    {
        long size = Single(database, "page_size");
        return new StoreSpace(
            Single(database, "page_count") * size, Single(database, "freelist_count") * size, Single(database, "auto_vacuum") == Incremental);
    }

    /// <summary>A group was written.</summary>
    public void Written(bool erased) => MayHave |= erased || _uncut;

    /// <summary>Nothing is tried before the next erasure.</summary>
    public void GiveUp() => (_giving, _uncut, MayHave) = (false, false, false);

    /// <summary>Does one step; when there is no more to do, <see cref="MayHave"/> is false.</summary>
    public void Step()
    {
        long free = Single(database, "freelist_count");
        long stock = Math.Max(LeastStock, Single(database, "page_count") / StockPart);
        // Begun at twice of what is left in the end: else each erasure would move a page or two.
        bool worth = free > (_giving ? stock : 2 * stock) && Single(database, "auto_vacuum") == Incremental;
        if (worth && _step.ExecuteToEnd() > 0)
        {
            (_giving, _uncut) = (true, true);
            return;
        }

        _uncut = _uncut && !CarryOver();
        (_giving, MayHave) = (false, false);
    }

    /// <summary>
    /// The file itself is cut when the whole log has been carried over into it. While somebody reads what the log began with it cannot be:
    /// then it is tried again behind the next commit.
    /// </summary>
    private bool CarryOver() => database.Checkpoint(SQLitePCL.raw.SQLITE_CHECKPOINT_PASSIVE).IsDone;

    public void Dispose() => _step.Dispose();

    private static long Single(Database database, string pragma) => database.Cached($"PRAGMA {pragma}").Scalar() ?? 0;
}
