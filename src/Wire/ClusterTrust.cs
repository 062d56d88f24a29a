using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Akka.Event;

namespace Runner.Wire;

/// <summary>
/// Whom the programs of a cluster believe: those alone whose certificate one of the cluster's own authorities has signed. The name in it is not
/// compared with the host: who has such a certificate may do anything that a node may, wherever it is. Authorities that the machine trusts for other
/// things count for nothing here.
/// </summary>
internal sealed class ClusterTrust(X509Certificate2Collection authorities)
{
    /// <summary>Whether the other side is believed; says in the log why not.</summary>
    /// <remarks>Called from the transport's threads, on both sides of a connection.</remarks>
    public bool Accepts(X509Certificate2? certificate, X509Chain? chain, string peer, DateTimeOffset now, ILoggingAdapter log)
    {
        var problem = certificate is null ? "it shows none"
            : Problem(certificate, [.. chain?.ChainElements.Select(e => e.Certificate) ?? []], now);
        if (problem is not null)
        {
            log.Warning(
                "{0} is refused as a node of this cluster for its certificate: {1}. Give it one that is signed as this node's is "
                + "(runner.cluster.tls).",
                peer, problem);
        }

        return problem is null;
    }

    /// <summary>Why a certificate is not taken; null if it is. A clause.</summary>
    /// <param name="sent">What the other side sent with it.</param>
    public string? Problem(X509Certificate2 certificate, X509Certificate2[] sent, DateTimeOffset now)
    {
        if (certificate.NotAfter.ToUniversalTime() < now.UtcDateTime)
        {
            return $"it expired on {Date(certificate.NotAfter)}";
        }

        if (certificate.NotBefore.ToUniversalTime() > now.UtcDateTime)
        {
            return $"it is good from {Date(certificate.NotBefore)} only, and this machine's clock says {Date(now.UtcDateTime)}";
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        return chain.Build(certificate) ? null
            : $"none of this cluster's authorities has signed it ({certificate.Subject}: "
                + $"{string.Join(' ', chain.ChainStatus.Select(s => s.StatusInformation.Trim().TrimEnd('.'))).ReplaceLineEndings(" ")})";
    }

    private static string Date(DateTime time) => time.ToUniversalTime().ToString("u", CultureInfo.InvariantCulture);
}
