using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Runner.Files;

namespace Runner.Host.Commands.Certificates;

/// <summary>Where a certificate and its key were written to, and how long it is good.</summary>
internal sealed record MadeCertificate(string Name, ImmutableArray<string> Hosts, string Certificate, string Key, DateTimeOffset NotAfter);

/// <summary>
/// Makes an authority of a cluster's own in a folder, and signs certificates of nodes with it. An authority that is there already is used, so that a
/// node can be added later; no file is ever overwritten.
/// </summary>
/// <param name="folder">An absolute path.</param>
internal sealed class CertificateMaker(string folder, TimeProvider time)
{
    public const int UsualDays = 365;
    public const int MostDays = 3650;

    /// <summary>No node has this name: its files are the authority's.</summary>
    public const string AuthorityName = "ca";

    /// <summary>An authority outlives the certificates it signs, whose lives can be as long as its own.</summary>
    private const int AuthorityDays = MostDays;

    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromHours(1);
    private readonly List<string> _written = [];

    /// <summary>The authority, whether it was made now, and the nodes in their order.</summary>
    /// <exception cref="CertificateException">Nothing was made.</exception>
    public (MadeCertificate Authority, bool IsNew, ImmutableArray<MadeCertificate> Nodes) Make(ImmutableArray<CertifiedNode> nodes, int days)
    {
        try
        {
            OwnFile.MakeFolder(folder);
            var isNew = !IsThere();
            if (nodes.SelectMany(node => (string[])[CertificateOf(node.Name), KeyOf(node.Name)]).FirstOrDefault(File.Exists) is { } there)
            {
                throw new CertificateException(
                    $"{there} is there already, and nothing is overwritten. Move it away, or name another folder with --out.");
            }

            using var authority = isNew ? NewAuthority() : Authority();
            return (
                new(AuthorityName, [], CertificateOf(AuthorityName), KeyOf(AuthorityName), Utc(authority.NotAfter)), isNew,
                [.. nodes.Select(node => Sign(authority, node, days))]);
        }
        catch (Exception e) when (e is CertificateException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            // All or none: half a set is in the way of the next try.
            _written.ForEach(File.Delete);
            throw e as CertificateException ?? new CertificateException($"No certificates can be made in {folder} ({e.Message.TrimEnd('.')}).", e);
        }
    }

    private string CertificateOf(string name) => Path.Combine(folder, $"{name}.crt");

    private string KeyOf(string name) => Path.Combine(folder, $"{name}.key");

    private bool IsThere()
    {
        var (certificate, key) = (File.Exists(CertificateOf(AuthorityName)), File.Exists(KeyOf(AuthorityName)));
        return certificate == key ? certificate
            : throw new CertificateException(
                $"In {folder} there is {(certificate ? "ca.crt without ca.key" : "ca.key without ca.crt")}: an authority is both. "
                + "Bring the other one back, or name another folder with --out for a new authority, which all nodes then have to trust.");
    }

    private X509Certificate2 Authority()
    {
        X509Certificate2 authority;
        try
        {
            authority = X509Certificate2.CreateFromPemFile(CertificateOf(AuthorityName), KeyOf(AuthorityName));
        }
        catch (CryptographicException e)
        {
            throw new CertificateException(
                $"{CertificateOf(AuthorityName)} and {KeyOf(AuthorityName)} are no certificate in PEM with its key ({e.Message.TrimEnd('.')}).", e);
        }

        if (authority.GetECDsaPrivateKey() is null || !authority.Extensions.OfType<X509BasicConstraintsExtension>().Any(c => c.CertificateAuthority))
        {
            throw new CertificateException($"{CertificateOf(AuthorityName)} is no authority that this command has made: it cannot sign for nodes.");
        }

        return Utc(authority.NotAfter) > time.GetUtcNow() ? authority
            : throw new CertificateException(
                $"The authority in {CertificateOf(AuthorityName)} expired on {Day(authority.NotAfter)}. Make a new one in another folder (--out).");
    }

    private X509Certificate2 NewAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request($"Runner.Actors cluster {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}", key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = time.GetUtcNow();
        var authority = request.CreateSelfSigned(now - ClocksDiffer, now.AddDays(AuthorityDays));
        Write(AuthorityName, authority, key);
        return authority;
    }

    private MadeCertificate Sign(X509Certificate2 authority, CertifiedNode node, int days)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(node.Name, key);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in node.Hosts)
        {
            if (IPAddress.TryParse(host, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        // Of two nodes either may be the one that calls the other.
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        request.CertificateExtensions.Add(names.Build());

        var now = time.GetUtcNow();
        var (from, to) = (Later(now - ClocksDiffer, Utc(authority.NotBefore)), Earlier(now.AddDays(days), Utc(authority.NotAfter)));
        using var certificate = request.Create(authority, from, to, Serial());
        Write(node.Name, certificate, key);
        return new(node.Name, node.Hosts, CertificateOf(node.Name), KeyOf(node.Name), Utc(certificate.NotAfter));
    }

    private static CertificateRequest Request(string name, ECDsa key)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        return new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
    }

    /// <summary>Random, and not negative.</summary>
    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        return serial;
    }

    private void Write(string name, X509Certificate2 certificate, ECDsa key)
    {
        Write(KeyOf(name), key.ExportPkcs8PrivateKeyPem());
        Write(CertificateOf(name), certificate.ExportCertificatePem());
    }

    private void Write(string path, string text)
    {
        using var file = OwnFile.Open(path, FileMode.CreateNew);
        _written.Add(path);
        file.Write(Encoding.ASCII.GetBytes(text + "\n"));
        file.Flush(flushToDisk: true);
    }

    private static DateTimeOffset Utc(DateTime local) => new(local.ToUniversalTime());

    private static string Day(DateTime local) => local.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
