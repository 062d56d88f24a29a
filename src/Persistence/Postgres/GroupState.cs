using System.Runtime.InteropServices;
using Runner.Entities.Store;

namespace Runner.Persistence.Postgres;

/// <summary>
/// What a group of commits is decided by, and what comes of it: the state that was read of all it touches, and over it what the commits
/// decided so far have changed. Only the outcome is written, so however many of them touch one entity, row or slot, each has one statement.
/// </summary>
internal sealed class GroupState : ICommitState
{
    private readonly Dictionary<EntityKey, EntityChange> _entities = [];
    private readonly Dictionary<(string Limit, int Number), SlotState> _slots = [];
    private readonly Dictionary<string, Dictionary<string, RowChange>> _rows = [];

    public GroupState(IReadOnlyList<PendingCommit> group)
    {
        foreach (PendingCommit pending in group)
        {
            foreach (EntityWrite write in pending.Commit.Writes)
            {
                _entities.TryAdd(write.Entity, new EntityChange(write.Entity));
                foreach (SlotChange slot in write.Slots)
                {
                    _slots.TryAdd((slot.Limit, slot.Number), new SlotState(slot.Limit, slot.Number));
                }
            }
        }

        Entities = [.. _entities.Values];
        Slots = [.. _slots.Values];
    }

    /// <summary>What the group touches; what is known of it is put here before anything is decided.</summary>
    public EntityChange[] Entities { get; }

    public SlotState[] Slots { get; }

    /// <summary>The last change of each row, by table.</summary>
    public IReadOnlyDictionary<string, Dictionary<string, RowChange>> Rows => _rows;

    public long LastSequence(EntityKey entity) => _entities[entity].Last;

    public EntityKey? SlotHolder(string limit, int number) => _slots[(limit, number)].Holder;

    /// <summary>Decides a commit, and has its outcome hold for those after it.</summary>
    public CommitResult Apply(EntityCommit commit) => CommitDecision.Apply(commit, this, Apply);

    private void Apply(EntityWrite write)
    {
        _entities[write.Entity].Apply(write);
        foreach (RowChange change in write.Rows)
        {
            (CollectionsMarshal.GetValueRefOrAddDefault(_rows, change.Table, out _) ??= new(StringComparer.Ordinal))[change.Key] = change;
        }

        foreach (SlotChange change in write.Slots)
        {
            SlotState slot = _slots[(change.Limit, change.Number)];
            if (change.Take)
            {
                slot.Holder = write.Entity;
            }
            else if (slot.Holder == write.Entity)
            {
                slot.Holder = null;
            }
        }
    }
}

/// <summary>A slot that a group touches: who holds it in the database, and who after the commits decided so far.</summary>
internal sealed class SlotState(string limit, int number)
{
    public string Limit => limit;

    public int Number => number;

    public EntityKey? Before { get; private set; }

    public EntityKey? Holder { get; set; }

    public void Is(EntityKey holder) => Holder = Before = holder;
}
