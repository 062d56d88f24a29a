namespace Runner.Persistence.Journal;

/// <summary>Something of Akka.Persistence that this journal does another way.</summary>
public sealed class JournalRefusedException : Exception
{
    private JournalRefusedException(string message) : base(message)
    {
    }

    internal static JournalRefusedException Deletion(string persistenceId) => new(
        $"Events of {persistenceId} are not deleted through the journal. A snapshot in a commit replaces the events before it; "
        + "to remove an entity, commit an erasure of it to the store.");

    internal static JournalRefusedException SavedSnapshot(string persistenceId) => new(
        $"A snapshot of {persistenceId} is not saved on its own: put it into the entity's commit, with whose events it becomes durable.");

    internal static JournalRefusedException DeletedSnapshot(string persistenceId) => new(
        $"A snapshot of {persistenceId} is not deleted: the events before it are gone. The next one replaces it; "
        + "to remove an entity, commit an erasure of it to the store.");
}
