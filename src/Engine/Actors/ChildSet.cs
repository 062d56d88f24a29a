namespace Runner.Engine.Actors;

/// <summary>Living children by name. Locked, because the guardian's children are made from any thread.</summary>
internal sealed class ChildSet
{
    private readonly HashSet<ActorCell> _cells = new(NameComparer.Instance);
    private long _generated;
    private bool _closed;

    public int Count
    {
        get
        {
            lock (_cells)
            {
                return _cells.Count;
            }
        }
    }

    public string GenerateName() => $"${Interlocked.Increment(ref _generated)}";

    public void Add(ActorCell cell)
    {
        lock (_cells)
        {
            if (_closed)
            {
                throw new InvalidOperationException($"{cell.Path} cannot be started: its parent is stopping.");
            }

            if (!_cells.Add(cell))
            {
                throw new ActorNameNotUniqueException(cell.Path);
            }
        }
    }

    public bool Contains(ActorCell cell) => Find(cell.Name) == cell;

    public ActorCell? Find(string name)
    {
        lock (_cells)
        {
            return _cells.GetAlternateLookup<string>().TryGetValue(name, out var cell) ? cell : null;
        }
    }

    public bool Remove(ActorCell cell)
    {
        lock (_cells)
        {
            return Find(cell.Name) == cell && _cells.Remove(cell);
        }
    }

    public ActorCell[] Snapshot()
    {
        lock (_cells)
        {
            return [.. _cells];
        }
    }

    /// <summary>From now on nothing can be added.</summary>
    public void Close()
    {
        lock (_cells)
        {
            _closed = true;
        }
    }

    private sealed class NameComparer : IEqualityComparer<ActorCell>, IAlternateEqualityComparer<string, ActorCell>
    {
        public static readonly NameComparer Instance = new();

        public bool Equals(ActorCell? x, ActorCell? y) => string.Equals(x?.Name, y?.Name, StringComparison.Ordinal);

        public int GetHashCode(ActorCell obj) => GetHashCode(obj.Name);

        public bool Equals(string alternate, ActorCell other) => string.Equals(alternate, other.Name, StringComparison.Ordinal);

        public int GetHashCode(string alternate) => string.GetHashCode(alternate, StringComparison.Ordinal);

        public ActorCell Create(string alternate) => throw new NotSupportedException("Children are added as cells.");
    }
}
