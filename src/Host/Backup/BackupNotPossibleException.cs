namespace Runner.Host.Backup;

/// <summary>A node cannot copy its store itself; the message is the sentence that says what can.</summary>
internal sealed class BackupNotPossibleException(string message) : Exception(message);
