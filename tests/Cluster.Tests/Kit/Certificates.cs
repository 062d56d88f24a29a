using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Runner.Host.Configuration;

namespace Runner.Cluster.Tests.Kit;

/// <summary>An authority of a cluster and what it has signed, as files.</summary>
internal sealed class Certificates
{
    private static readonly DateTimeOffset Now = SystemTime.Provider.GetUtcNow();
    private readonly X509Certificate2 _authority;
    private readonly string _folder;

    public Certificates(string folder)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN=Authority of {Path.GetFileName(folder)}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(Now.AddDays(-1000), Now.AddDays(10));
        File.WriteAllText(Ca, _authority.ExportCertificatePem());
    }

    public string Ca => Path.Combine(_folder, "ca.pem");

    /// <summary>The settings of a node with a certificate of its own.</summary>
    public string[] Of(string name, int goodForDays = 5)
    {
        var (file, keyFile) = Sign(name, goodForDays);
        return [$"runner.cluster.tls {{ certificate-file = \"{file}\", key-file = \"{keyFile}\", ca-file = \"{Ca}\" }}"];
    }

    /// <summary>The settings of a node whose API has a certificate of its own, for this machine.</summary>
    public string[] ApiOf(string name, int goodForDays = 5)
    {
        var (file, keyFile) = Sign($"{name}-api", goodForDays);
        return [$"runner.api.tls {{ certificate-file = \"{file}\", key-file = \"{keyFile}\" }}"];
    }

    private (string File, string Key) Sign(string name, int goodForDays)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(_authority, Now.AddDays(-100), Now.AddDays(goodForDays), Serial(name));
        var (file, keyFile) = (Path.Combine(_folder, $"{name}.pem"), Path.Combine(_folder, $"{name}.key"));
        File.WriteAllText(file, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return (file, keyFile);
    }

    private static byte[] Serial(string name) => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name))[..16];
}
