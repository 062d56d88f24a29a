using Runner.Entities.Store;

namespace Runner.Persistence.Journal;

/// <summary>Persistence ids are entities' keys as texts: «Kind/Id». A kind has no slash, an id may.</summary>
internal static class PersistenceIds
{
    /// <exception cref="NotSupportedException">It is no such text.</exception>
    public static EntityKey Read(string persistenceId)
    {
        var slash = persistenceId.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < persistenceId.Length - 1
            ? new EntityKey(persistenceId[..slash], persistenceId[(slash + 1)..])
            : throw new NotSupportedException(
                $"'{persistenceId}' is not the persistence id of an entity («Kind/Id»). "
                + "This journal keeps entities and nothing else: give the actor a journal of its own.");
    }
}
