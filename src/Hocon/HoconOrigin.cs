namespace Runner.Hocon;

/// <summary>Where a value was written.</summary>
/// <param name="File">A file's path, or what else the text came from (<c>the variable HOME</c>).</param>
/// <param name="Line">From 1; 0 where lines mean nothing, as in an environment variable.</param>
/// <param name="Column">From 1, in UTF-16 units; 0 where columns mean nothing.</param>
public readonly record struct HoconOrigin(string File, int Line, int Column)
{
    /// <summary><c>file:line</c>: what settings are listed with.</summary>
    public string FileAndLine => Line == 0 ? File : $"{File}:{Line}";

    /// <inheritdoc/>
    public override string ToString() => Line == 0 ? File : $"{File}:{Line}:{Column}";
}
