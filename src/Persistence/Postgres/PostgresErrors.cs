using System.Net.Sockets;
using Npgsql;
using Runner.Entities.Store;

namespace Runner.Persistence.Postgres;

/// <summary>Says what a failure of PostgreSQL means for whoever runs the node.</summary>
internal static class PostgresErrors
{
    /// <summary>Whether it is one that connections and statements to a database end with.</summary>
    public static bool IsOfDatabase(Exception error) =>
        error is NpgsqlException or SocketException or IOException or TimeoutException or OperationCanceledException;

    /// <summary>Whether the server, or the way to it, has failed, rather than what was asked of it.</summary>
    public static bool IsAway(Exception error) => error is not PostgresException server || server.SqlState[..2] is "08" or "57" or "58" or "XX"
        || server.SqlState is "53300" or "53400" or "25P03";

    /// <summary>Whether somebody else has written meanwhile: asked again, it can be decided.</summary>
    public static bool IsConflict(Exception error) => error is PostgresException
    {
        SqlState: PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DivisionByZero or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.SerializationFailure,
    };

    /// <summary>
    /// Whether one commit of a group may be to blame for all: one that conflicts, has what no column can hold, or is larger than the room left.
    /// </summary>
    public static bool IsOfOneCommit(Exception error) => IsConflict(error)
        || (error is PostgresException server ? server.SqlState[..2] is "22" or "23" or "54" || server.SqlState == PostgresErrorCodes.DiskFull
            : !IsOfDatabase(error));

    public static StoreException Translate(Exception error, PostgresAddress address)
    {
        if (error is PostgresException { SqlState: PostgresErrorCodes.DiskFull })
        {
            return new StoreFullException(
                $"The disk of {address} is full: make room. Nothing was written; the store goes on by itself when there is room.", error);
        }

        return new StoreUnavailableException($"{What(error, address)} ({Reason(error)})", error);
    }

    private static string What(Exception error, PostgresAddress address) => error switch
    {
        PostgresException server => OfServer(server, address),
        _ when Find<SocketException>(error) is { SocketErrorCode: SocketError.ConnectionRefused } =>
            $"{address.Capital} cannot be reached: see that the server runs and listens there.",
        _ when Find<SocketException>(error) is { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            $"{address.Capital} cannot be found: see that the host's name is right.",
        _ when Find<TimeoutException>(error) is not null || error is OperationCanceledException =>
            $"{address.Capital} does not answer in time: see that the server is well, and the network to it.",
        _ => $"The connection to {address} is broken: see that the server runs, and the network to it.",
    };

    private static string OfServer(PostgresException error, PostgresAddress address) => error.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"{address.Capital} does not let the user «{address.User}» in: see the user's name and password, and the server's pg_hba.conf.",
        PostgresErrorCodes.InvalidCatalogName =>
            $"There is no database «{address.Database}» on {address.Host}: create it with «createdb {address.Database}», owned by «{address.User}».",
        PostgresErrorCodes.InsufficientPrivilege => $"The user «{address.User}» may not use {address}: let it own the database, or its schema.",
        PostgresErrorCodes.TooManyConnections => $"{address.Capital} takes no more connections: raise its max_connections, or end some of them.",
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow =>
            $"{address.Capital} is being shut down or started.",
        PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected =>
            $"Somebody else has locked what the store needs in {address}: end that session, or wait until it is done.",
        PostgresErrorCodes.QueryCanceled =>
            $"{address.Capital} took too long over a statement, or somebody cancelled it: see that the server is well.",
        PostgresErrorCodes.ReadOnlySqlTransaction => $"{address.Capital} is read-only: is it a standby? Give the primary server's address.",
        PostgresErrorCodes.OutOfMemory => $"{address.Capital} has no memory left: see that the server is well.",
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn =>
            $"Tables of the store are missing in {address}: start the node again to make them, or restore a backup.",
        _ => $"{address.Capital} could not be used.",
    };

    // The server's own words, without hints and details: a detail has the values of a row.
    private static string Reason(Exception error) => error is PostgresException server ? $"{server.MessageText}, {server.SqlState}"
        : (Find<SocketException>(error) ?? error.GetBaseException()).Message;

    private static T? Find<T>(Exception? error)
        where T : Exception
    {
        while (error is not null and not T)
        {
            error = error.InnerException;
        }

        return (T?)error;
    }
}
