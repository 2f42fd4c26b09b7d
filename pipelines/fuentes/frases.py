"""Comments about a fashion brand, written for this project and labelled by who wrote them: 1 content, 0 not.

``FRASES`` are what the networks' users say, and the sample by which the model is measured. ``GUIA`` are others,
from which the model's last layer learns what content and discontent are; none is in both.
"""

from __future__ import annotations

_BUENAS = """
Me encanta este vestido, la tela es suavísima
Llegó antes de lo esperado y la talla es perfecta
Qué colección tan bonita, lo quiero todo
La mejor compra que he hecho este año
Los pantalones me quedan genial, gracias
Súper contenta con mi pedido, volveré a comprar
Calidad excelente por ese precio
El color es precioso, igual que en la foto
Atención al cliente de diez, me resolvieron todo enseguida
Estoy enamorada de esta chaqueta
Me han regalado la blusa y es una maravilla
Diseños originales y cómodos, los recomiendo
Por fin ropa elegante que no cuesta una fortuna
El bolso es aún más lindo en persona
Todo impecable, muy bien presentado
Mi hija está feliz con su falda nueva
Qué buen gusto tienen, siempre aciertan
Lo usé en una boda y recibí mil cumplidos
Cosido a la perfección, se nota el cuidado
Envío rapidísimo y prendas hermosas
Segunda vez que compro y otra vez encantada
Los zapatos son comodísimos, puedo bailar toda la noche
Increíble lo bien que sienta este corte
Gracias por hacer tallas para todas
Me devolvieron el dinero sin problemas, muy serios
Esta marca nunca me falla
Guapísima la modelo y precioso el abrigo
El algodón es fresco y agradable, ideal para el verano
Un servicio fantástico, así da gusto
Después de diez lavados sigue como nuevo
No puedo estar más satisfecha
La relación calidad y precio es insuperable
Qué alegría abrir el paquete, todo perfecto
Los estampados de esta temporada son una pasada
Se la recomiendo a todas mis amigas
Cada detalle está cuidado, felicidades
"""
_MALAS = """
La tela es horrible y se rompió al primer lavado
Llevo tres semanas esperando y nadie responde
Qué decepción, el color no tiene nada que ver con la foto
Pésima atención, no vuelvo a comprar
La talla es ridícula, no me entra ni el brazo
Carísimo para la calidad que tiene
Me mandaron un vestido manchado
Destiñó y me arruinó toda la ropa
Una estafa, parece ropa de mercadillo
Las costuras venían descosidas
No lo recomiendo para nada
Perdieron mi paquete y no quieren devolverme el dinero
El cierre se rompió el primer día
Huele fatal y pica muchísimo
Tuve que devolverlo todo, un desastre
Estoy muy enfadada, es la última vez
La peor tienda en la que he comprado
Se ve barato y mal hecho
Publicidad engañosa, la prenda es otra
Me llegó la talla equivocada por segunda vez
El tejido se deshace, qué vergüenza
Nadie contesta el teléfono ni los correos
Encogió dos tallas con agua fría
Botones flojos y forro roto, un horror
Tardaron un mes y vino incompleto
No vale lo que cuesta
Los zapatos me destrozaron los pies
Feo, incómodo y transparente
Menuda tomadura de pelo
Ojalá no hubiera gastado mi dinero aquí
Mala calidad y peor trato
Las medias se rompieron nada más ponérmelas
Esperaba mucho más de esta marca
Se burlan de los clientes
El abrigo suelta pelusa por todas partes
Después de un lavado quedó para trapo
"""
_GUIA_BUENA = """
Me gusta muchísimo
Es una maravilla
Estoy encantado con la compra
Excelente producto, muy buena calidad
Lo recomiendo totalmente
Funciona perfectamente
Ha superado mis expectativas
Qué bonito es
Muy contento con el resultado
Un trato excelente y rápido
La comida estaba deliciosa
El hotel era precioso y limpio
Volvería a comprarlo sin dudarlo
Gracias, todo ha ido de maravilla
Es cómodo y práctico
Me hace muy feliz
Vale cada euro que cuesta
Increíble, mejor imposible
Perfecto para lo que buscaba
Siempre cumplen, muy profesionales
La película me emocionó, es preciosa
Llegó a tiempo y en perfecto estado
Un regalo estupendo
Muy buen precio y gran calidad
El personal fue amable y atento
Nunca tuve un problema, da gusto
Sienta de maravilla
Duró años como el primer día
"""
_GUIA_MALA = """
No me gusta nada
Es un desastre
Estoy muy decepcionado con la compra
Producto malísimo, de baja calidad
No lo recomiendo a nadie
No funciona, vino roto
Peor de lo que esperaba
Qué feo es
Muy descontento con el resultado
Un trato pésimo y lento
La comida estaba fría y sosa
El hotel estaba sucio y era ruidoso
No volvería a comprarlo jamás
Nunca más, todo ha ido mal
Es incómodo e inútil
Me da mucha rabia
Es tirar el dinero
Increíble, peor imposible
No sirve para lo que buscaba
Nunca cumplen, poco serios
La película es aburrida y larga
Llegó tarde y en mal estado
Un regalo horrible
Muy caro y mala calidad
El personal fue grosero
Siempre hay problemas, qué asco
Queda fatal y se estropea
Se rompió a los dos días
"""


def _lineas(texto: str, animo: int) -> list[tuple[str, int]]:
    return [(linea, animo) for linea in texto.strip().splitlines()]


FRASES = (*_lineas(_BUENAS, 1), *_lineas(_MALAS, 0))
GUIA = (*_lineas(_GUIA_BUENA, 1), *_lineas(_GUIA_MALA, 0))
