using Runner.Entities.Store;

namespace Runner.Persistence;

/// <summary>What a commit is decided by; the state as the commits before it left it.</summary>
internal interface ICommitState
{
    /// <summary>0 if the entity does not exist; the remembered number if it was erased.</summary>
    long LastSequence(EntityKey entity);

    /// <summary>Null if the slot is free.</summary>
    EntityKey? SlotHolder(string limit, int number);
}

/// <summary>
/// Decides a commit by reading alone, before anything of it is written. A refused commit therefore has nothing to take back, and
/// those grouped with it stand.
/// </summary>
internal static class CommitDecision
{
    private static readonly CommitResult.Committed Whole = new([]);

    /// <summary>Decides a commit, and applies the writes that it has after that.</summary>
    public static CommitResult Apply(EntityCommit commit, ICommitState state, Action<EntityWrite> apply)
    {
        CommitResult result = Decide(commit, state);
        if (result is CommitResult.Committed committed)
        {
            foreach (EntityWrite write in commit.Writes)
            {
                if (committed.Skipped.IsEmpty || !committed.Skipped.Contains(write.Entity))
                {
                    apply(write);
                }
            }
        }

        return result;
    }

    /// <summary>
    /// Looks at the writes in order, at each one's fence before its slots; the first thing that does not fit is the answer.
    /// </summary>
    public static CommitResult Decide(EntityCommit commit, ICommitState state)
    {
        List<EntityKey>? skipped = null;
        List<SlotRow>? changed = null;
        foreach (EntityWrite write in commit.Writes)
        {
            long actual = state.LastSequence(write.Entity);
            if (actual != write.ExpectedSequence)
            {
                if (write.Precondition == WritePrecondition.MustMatch)
                {
                    return new CommitResult.SequenceConflict(write.Entity, actual);
                }

                (skipped ??= []).Add(write.Entity);
                continue;
            }

            foreach (SlotChange change in write.Slots)
            {
                if (Refusal(write.Entity, change, state, ref changed) is { } conflict)
                {
                    return conflict;
                }
            }
        }

        return skipped is null ? Whole : new CommitResult.Committed([.. skipped]);
    }

    private static CommitResult.SlotConflict? Refusal(EntityKey writer, SlotChange change, ICommitState state, ref List<SlotRow>? changed)
    {
        EntityKey? holder = changed is not null
            && changed.FindLastIndex(slot => slot.Number == change.Number && slot.Limit == change.Limit) is >= 0 and var last
            ? Holder(changed[last])
            : state.SlotHolder(change.Limit, change.Number);
        if (change.Take && holder is { } other && other != writer)
        {
            return new CommitResult.SlotConflict(change.Limit, change.Number, other);
        }

        if (change.Take || holder == writer)
        {
            (changed ??= []).Add(new SlotRow(change.Limit, change.Number, change.Take ? writer : default));
        }

        return null;
    }

    // Within a commit a slot that was given back is kept with no holder.
    private static EntityKey? Holder(SlotRow slot) => slot.Holder == default ? null : slot.Holder;
}
